import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Shot } from './shots.js';

export interface Reply {
  /** All that came, a character a byte. */
  readonly text: string;
  readonly answers: readonly Answer[];
  /** Nobody closed the connection in time. */
  readonly hung: boolean;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Far above what any answer takes, also on a machine that does much else. */
const PATIENCE_MS = 20_000;

/** What is answered at all is answered by then, as a rule: only how much is covered depends on it. */
const LULL_MS = 40;

/** Sends the bytes and reads until the server closes. */
export async function fire(port: number, { pieces, halfClose, pauseMs }: Shot): Promise<Reply> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const received: Buffer[] = [];
  let hung = false;
  // Not `once` of node:events, which would reject where there is an error before.
  const closed = new Promise<void>(resolve => { socket.once('close', () => { resolve(); }); });
  const answered = new Promise<void>(resolve => { socket.once('data', () => { resolve(); }); });
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  socket.on('error', () => undefined); // A server that has answered may close on what is still being sent; 'close' follows.
  const patience = setTimeout(() => {
    hung = true;
    socket.destroy();
  }, PATIENCE_MS);
  await send(socket, pieces, pauseMs);
  // Not at once: Node takes the end of one side for the end of both, and would answer nobody.
  if (halfClose) await Promise.race([answered, closed, sleep(LULL_MS)]);
  if (halfClose) socket.end();
  await closed;
  clearTimeout(patience);
  const text = Buffer.concat(received).toString('latin1');
  return { text, answers: answersIn(text), hung };
}

async function send(socket: Socket, pieces: readonly Buffer[], pauseMs: number): Promise<void> {
  for (const [i, piece] of pieces.entries()) {
    if (i > 0 && pauseMs > 0) await sleep(pauseMs);
    if (socket.writable) socket.write(piece);
  }
}

function answersIn(text: string): readonly Answer[] {
  return text
    .split(/(?=HTTP\/1\.1 \d{3} )/)
    .filter(each => each !== '')
    .map(each => ({ status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(each)?.[1] ?? NaN), text: each }));
}
