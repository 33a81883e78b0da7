import { Agent, request, type IncomingMessage } from 'node:http';

export interface Answer {
  /** 0: there was none. */
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Asked {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Longer than anything that an instance may take, and still an end: a request without one would never be counted. */
const GIVE_UP_MS = 15_000;

/** HTTP requests to one instance over connections that are kept. */
export class HttpClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** Resolves always. */
  ask({ method, path, headers, body }: Asked): Promise<Answer> {
    return new Promise(resolve => {
      const failed = (): void => { resolve({ status: 0, headers: {}, body: '' }); };
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const asked = request({ agent: this.#agent, port: this.#port, host: '127.0.0.1', method, path, headers: { ...headers, ...length } }, answer => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (part: string) => (text += part));
        answer.on('end', () => { resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }); });
        answer.on('error', failed);
      });
      asked.setTimeout(GIVE_UP_MS, () => asked.destroy());
      asked.on('error', failed);
      asked.on('close', failed); // does nothing where it has been resolved
      asked.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
