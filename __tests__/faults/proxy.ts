import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Lane, type Passage } from './proxy-lane.js';

/**
 * What a link does to the connections that lead over it, those there are and those to come.
 *
 * | mode | |
 * |---|---|
 * | `pass` | nothing |
 * | `{ delayMs }` | everything arrives later by this, each way |
 * | `blackhole` | nothing arrives, either way, and neither end is told; once that is over, everything does, late |
 * | `repliesDropped`, `requestsDropped` | what goes this way is gone; a connection that lost something stays mute this way for good |
 * | `zombie` | all connections are mute both ways, for good; new ones are accepted, and are so too |
 * | `sliced`, `{ sliceBytes }` | replies arrive a few bytes at a time |
 * | `cut` | a connection ends in the midst of its next reply |
 * | `reset` | connections are reset (RST), new ones as soon as they are made |
 * | `refuse` | connections are reset and nobody listens: new ones are refused |
 */
export type LinkMode =
  | 'pass'
  | 'blackhole'
  | 'repliesDropped'
  | 'requestsDropped'
  | 'zombie'
  | 'sliced'
  | 'cut'
  | 'reset'
  | 'refuse'
  | { readonly delayMs: number }
  | { readonly sliceBytes: number };

/** A way to a server that can be made bad in many ways, and can lead elsewhere. */
export interface Link {
  readonly port: number;
  /** Connections from the near side that are open. */
  readonly connections: number;
  /** At once, except that it takes a moment to stop listening and to begin again (`refuse`): then it has when this resolves. */
  set(mode: LinkMode): Promise<void>;
  /** Resets the connections there are. */
  reset(): void;
  /** Where it leads from now on; the connections there are are reset. */
  leadTo(port: number): void;
  /** The same for new connections alone: those that there are stay where they are. */
  leadNewTo(port: number): void;
  close(): Promise<void>;
}

/** A link to a port of this machine. */
export async function openLink(toPort: number): Promise<Link> {
  const link = new TcpLink(toPort);
  await link.listen();
  return link;
}

const HOST = '127.0.0.1';
const SLICE_BYTES = 3;

interface Passages {
  readonly requests: Passage;
  readonly replies: Passage;
}

function passagesIn(mode: LinkMode): Passages {
  if (typeof mode === 'object') return 'delayMs' in mode ? { requests: mode, replies: mode } : { requests: {}, replies: mode };
  const both = (passage: Passage): Passages => ({ requests: passage, replies: passage });
  switch (mode) {
    case 'blackhole':
      return both({ isHeld: true });
    case 'zombie':
      return both({ isLost: true });
    case 'repliesDropped':
      return { requests: {}, replies: { isLost: true } };
    case 'requestsDropped':
      return { requests: { isLost: true }, replies: {} };
    case 'sliced':
      return { requests: {}, replies: { sliceBytes: SLICE_BYTES } };
    case 'cut':
      return { requests: {}, replies: { isCut: true } };
    case 'pass':
    case 'reset':
    case 'refuse':
      return both({});
  }
}

interface Connection {
  readonly near: Socket;
  readonly far: Socket;
  readonly requests: Lane;
  readonly replies: Lane;
}

class TcpLink implements Link {
  readonly #connections = new Set<Connection>();
  readonly #server: Server;
  #toPort: number;
  #mode: LinkMode = 'pass';
  #port: number | undefined;
  #changed = Promise.resolve();

  constructor(toPort: number) {
    this.#toPort = toPort;
    this.#server = createServer({ noDelay: true }, near => { this.#accept(near); });
  }

  get port(): number {
    return this.#port!;
  }

  get connections(): number {
    return [...this.#connections].filter(({ near }) => !near.destroyed).length;
  }

  async set(mode: LinkMode): Promise<void> {
    this.#mode = mode;
    const { requests, replies } = passagesIn(mode);
    for (const connection of this.#connections) {
      connection.requests.change(requests);
      connection.replies.change(replies);
      if (mode === 'zombie') mute(connection);
    }
    if (mode === 'reset' || mode === 'refuse') this.reset();
    await this.#listenOrNot();
  }

  reset(): void {
    for (const { near, far } of this.#connections) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  leadTo(port: number): void {
    this.leadNewTo(port);
    this.reset();
  }

  leadNewTo(port: number): void {
    this.#toPort = port;
  }

  /** On a port that is free; on the same one ever after. */
  async listen(): Promise<void> {
    const port = this.#port ?? randomInt(FIRST_PORT, LAST_PORT);
    this.#server.listen(port, HOST);
    try {
      await once(this.#server, 'listening');
      this.#port = port;
    } catch (error) {
      if (this.#port !== undefined || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      await this.listen();
    }
  }

  async close(): Promise<void> {
    this.#mode = 'refuse';
    for (const { near, far } of this.#connections) {
      near.destroy();
      far.destroy();
    }
    await this.#listenOrNot();
  }

  /** One after the other: a server that has not closed yet cannot be waited for once it listens again. */
  #listenOrNot(): Promise<void> {
    this.#changed = this.#changed.then(() => this.#listenAsDue());
    return this.#changed;
  }

  async #listenAsDue(): Promise<void> {
    const mustListen = this.#mode !== 'refuse';
    if (mustListen === this.#server.listening) return;
    if (mustListen) await this.listen();
    else await new Promise(resolve => this.#server.close(resolve)); // once all connections have ended
  }

  #accept(near: Socket): void {
    near.on('error', () => undefined); // 'close' follows
    if (this.#mode === 'reset') {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ port: this.#toPort, host: HOST, noDelay: true });
    far.on('error', () => undefined);
    const { requests, replies } = passagesIn(this.#mode);
    const connection = { near, far, requests: new Lane(near, far, requests), replies: new Lane(far, near, replies) };
    this.#connections.add(connection);
    if (this.#mode === 'zombie') mute(connection);
    near.on('close', () => {
      // Nobody else would ever tell the server; it is of no further use.
      if (connection.requests.isLost) far.destroy();
      this.#forget(connection);
    });
    far.on('close', () => { this.#forget(connection); });
  }

  #forget(connection: Connection): void {
    if (connection.near.destroyed && connection.far.destroyed) this.#connections.delete(connection);
  }
}

function mute({ requests, replies }: Connection): void {
  requests.lose();
  replies.lose();
}

/** Below the ports that the kernel lends: whoever connects again and again to a port where nobody listens may be lent that very port, and meet himself. */
const FIRST_PORT = 15_000;
const LAST_PORT = 32_000;
