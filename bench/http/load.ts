import { connect, type Socket } from 'node:net';

/** Connections kept alive, each with one request under way, as fast as they are answered. */
export interface Load {
  /** Runs for so long and waits for what is under way then. */
  run(ms: number): Promise<LoadFigures>;
  close(): void;
}

export interface LoadFigures {
  readonly requests: number;
  readonly elapsedMs: number;
}

export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  /** Complete requests, sent in turn. */
  readonly requests: readonly Buffer[];
}

/** As a client that keeps its connection alive sends it. */
export function request(path: string, token: string): Buffer {
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Connection: keep-alive',
    'Accept: application/json',
    'User-Agent: livetoken-bench',
    `Authorization: Bearer ${token}`,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}

/**
 * A generator of load that does next to nothing itself: on a machine of few cores every microsecond that it takes is taken from
 * the server. It sends ready-made bytes and knows a good answer by its length and status. Anything but a 200 fails the run.
 */
export async function openLoad({ port, connections, requests }: LoadOptions): Promise<Load> {
  const run = new Run(requests);
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  for (const socket of sockets) {
    socket.on('data', chunk => { run.received(socket, chunk); });
    socket.on('error', error => { run.failed(error); });
    socket.on('close', () => { run.failed(new Error('The server closed a connection.')); });
  }
  return {
    run: ms => run.start(sockets, ms),
    close() {
      for (const socket of sockets) socket.removeAllListeners().destroy();
    },
  };
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('connect', () => { resolve(socket); });
    socket.once('error', reject);
  });
}

class Run {
  readonly #requests: readonly Buffer[];
  readonly #partial = new Map<Socket, Buffer>();
  #next = 0;
  #isOn = false;
  #underWay = 0;
  #completed = 0;
  #answerLength = -1;
  #finish: () => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;

  constructor(requests: readonly Buffer[]) {
    this.#requests = requests;
  }

  async start(sockets: readonly Socket[], ms: number): Promise<LoadFigures> {
    const startedAtMs = performance.now();
    this.#isOn = true;
    this.#completed = 0;
    const finished = new Promise<void>((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    setTimeout(() => { this.#isOn = false; }, ms);
    for (const socket of sockets) this.#send(socket);
    await finished;
    return { requests: this.#completed, elapsedMs: performance.now() - startedAtMs };
  }

  received(socket: Socket, chunk: Buffer): void {
    if (chunk.length !== this.#answerLength || this.#partial.size > 0 || !isGood(chunk)) {
      if (!this.#isComplete(socket, chunk)) return;
    }
    this.#completed += 1;
    this.#underWay -= 1;
    if (this.#isOn) this.#send(socket);
    else if (this.#underWay === 0) this.#finish();
  }

  failed(error: Error): void {
    this.#fail(error);
  }

  #send(socket: Socket): void {
    this.#underWay += 1;
    socket.write(this.#requests[this.#next] as Buffer);
    this.#next = (this.#next + 1) % this.#requests.length;
  }

  /** The slow way: for the first answer, and for one that came in pieces. */
  #isComplete(socket: Socket, chunk: Buffer): boolean {
    const all = Buffer.concat([this.#partial.get(socket) ?? Buffer.alloc(0), chunk]);
    this.#partial.delete(socket);
    const headLength = all.indexOf('\r\n\r\n') + 4;
    const head = all.toString('latin1', 0, headLength);
    const length = headLength + Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? Number.NaN);
    if (headLength >= 4 && !isGood(all)) this.#fail(new Error(`Not a 200: ${head.split('\r\n', 1)[0] ?? ''}`));
    if (headLength >= 4 && all.length === length) {
      this.#answerLength = length;
      return true;
    }
    this.#partial.set(socket, all);
    return false;
  }
}

/** `HTTP/1.1 200` */
function isGood(answer: Buffer): boolean {
  return answer[9] === 0x32 && answer[10] === 0x30 && answer[11] === 0x30;
}
