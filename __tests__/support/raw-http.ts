import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  /** All of it but the date, which is the only thing that two equal answers may differ in. */
  readonly bytes: string;
  readonly head: string;
  readonly body: string;
}

export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  /** In order; a name may come twice. Host and Connection: close are added. */
  readonly headers?: readonly (readonly [name: string, value: string | Buffer])[];
  /** Sent as it is: framing is for the headers to say. Several pieces are sent one by one. */
  readonly body?: string | Buffer | readonly (string | Buffer)[];
}

/** Sends what no client library would, and reads until the server closes. */
export async function exchange(port: number, request: RawRequest): Promise<RawAnswer> {
  const { socket, answer } = await open(port, request);
  const { body = '' } = request;
  for (const piece of Array.isArray(body) ? (body as readonly (string | Buffer)[]) : [body as string | Buffer]) socket.write(piece);
  return answer;
}

/** Sends the head only. The body, or the end of it all, is for the test to send. */
export async function open(port: number, request: RawRequest): Promise<{ socket: Socket; answer: Promise<RawAnswer> }> {
  const socket = connect(port, '127.0.0.1');
  const answer = read(socket);
  await once(socket, 'connect');
  socket.write(head(request));
  return { socket, answer };
}

/** A form with the framing that it needs. */
export function rawForm(path: string, body: string, ...headers: readonly (readonly [string, string | Buffer])[]): RawRequest {
  const framing = [
    ['Content-Type', 'application/x-www-form-urlencoded'],
    ['Content-Length', String(Buffer.byteLength(body))],
  ] as const;
  return { path: `/auth${path}`, body, headers: [...framing, ...headers] };
}

/** The framing of chunked transfer, for bodies whose length nobody announces. */
export function chunked(...pieces: readonly (string | Buffer)[]): Buffer {
  const chunks = pieces.map((piece) => {
    const bytes = Buffer.from(piece);
    return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
  });
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
}

function head({ method = 'POST', path, headers = [] }: RawRequest): Buffer {
  const lines = [['Host', 'auth.test'], ['Connection', 'close'], ...headers] as const;
  const fields = lines.map(([name, value]) => Buffer.concat([Buffer.from(`${name}: `), Buffer.from(value), Buffer.from('\r\n')]));
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n`), ...fields, Buffer.from('\r\n')]);
}

async function read(socket: Socket): Promise<RawAnswer> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.on('error', () => undefined); // A server that has answered may close on what is still being sent; 'close' follows.
  await once(socket, 'close');
  const [top = '', ...rest] = text.split('\r\n\r\n');
  const bytes = text.replace(/^Date: .*\r\n/m, '');
  return { status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]), bytes, head: top, body: rest.join('\r\n\r\n') };
}
