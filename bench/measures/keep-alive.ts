import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One connection to a server, kept alive: one request at a time, and nothing parsed but the status and the length of the answer. */
export class KeepAlive {
  readonly #socket: Socket;
  #answered: Buffer = Buffer.alloc(0);
  #resolve: (() => void) | undefined;
  #reject: ((error: Error) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', chunk => { this.#received(chunk); });
    socket.on('error', error => this.#reject?.(error));
    socket.on('close', () => this.#reject?.(new Error('The server closed a connection.')));
  }

  static async open(port: number): Promise<KeepAlive> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new KeepAlive(socket);
  }

  get isFree(): boolean {
    return this.#resolve === undefined;
  }

  /** Sends a complete request. Rejects for any answer but a 200. */
  exchange(request: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.removeAllListeners().destroy();
  }

  #received(chunk: Buffer): void {
    this.#answered = this.#answered.length === 0 ? chunk : Buffer.concat([this.#answered, chunk]);
    const headLength = this.#answered.indexOf('\r\n\r\n') + 4;
    if (headLength < 4) return;
    const head = this.#answered.toString('latin1', 0, headLength);
    const bodyLength = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    if (this.#answered.length < headLength + bodyLength) return;
    this.#answered = Buffer.alloc(0);
    const [resolve, reject] = [this.#resolve, this.#reject];
    this.#resolve = undefined;
    if (head.startsWith('HTTP/1.1 200 ')) resolve?.();
    else reject?.(new Error(`Not a 200: ${head.split('\r\n', 1)[0] ?? ''}`));
  }
}
