import { once } from 'node:events';
import { request, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/**
 * A request whose path goes out as it is written, and whose headers may be repeated: what builds URLs properly, as supertest
 * does, takes `..` and `%2E%2E` away.
 */
export async function sendRaw(
  server: Server,
  method: string,
  path: string,
  headers: Readonly<Record<string, string | string[]>> = {},
): Promise<RawAnswer> {
  const { port } = server.address() as AddressInfo;
  const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false });
  sent.end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += chunk as string;
  return { status: answer.statusCode!, headers: answer.headers, text };
}
