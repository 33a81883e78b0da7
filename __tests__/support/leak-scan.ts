import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Every secret and token that tests make up holds this word, so that it can be found wherever it must not be. */
export const CANARY = 'canary';

/** The word in base64 at each of the three places in which it may begin, without the characters that its neighbours decide. */
const ENCODED = ['', '.', '..'].map((before) => {
  const encoded = Buffer.from(`${before}${CANARY}`).toString('base64');
  return encoded.slice(before === '' ? 0 : before.length + 1, Math.floor(((before.length + CANARY.length) * 8) / 6));
});

/** Besides the word: `eyJ` begins each part of a JWT that is JSON. The hash of a key, at 22 characters, is too short to match. */
const LEAKS = [new RegExp(CANARY, 'i'), /eyJ[\w-]{20}/, ...ENCODED.map((text) => new RegExp(text))];

export interface LeakScan {
  /** Something else that must hold no token and no secret: an event, a log line. */
  note(text: string): void;
  /** Throws if a token or a secret was written to any connection of the server, or noted. */
  assertClean(): void;
}

/** Records every byte that a server sends, headers included, whoever asked and however. */
export function scanForLeaks(server: Server): LeakScan {
  const seen: string[] = [];
  server.on('connection', (socket: Socket) => {
    const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
    socket.write = (...args: unknown[]): boolean => {
      // An ETag is a digest: sooner or later one looks like anything.
      seen.push(textOf(args[0]).replace(/^ETag: .*$/m, ''));
      return write(...args);
    };
  });
  return {
    note: (text) => {
      seen.push(text);
    },
    assertClean: () => {
      const leak = seen.find((text) => LEAKS.some((pattern) => pattern.test(text)));
      if (leak !== undefined) throw new Error(`A token or a secret got out: ${leak}`);
    },
  };
}

function textOf(chunk: unknown): string {
  return typeof chunk === 'string' ? chunk : Buffer.from(chunk as Uint8Array).toString('latin1');
}
