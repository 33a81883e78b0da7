import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { readEvents, type StreamEvent } from '../../../demo-app/walkthrough/event-stream.js';
import { afterwards } from './clean-up.js';

export interface Serving {
  readonly server: Server;
  readonly url: string;
}

/** The application behind a server that ends with the test, streams and all. */
export async function serve(app: Express): Promise<Serving> {
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A client of the stream. */
export interface OpenStream {
  readonly response: IncomingMessage;
  /** The next event, once it is there; `undefined` at the end. */
  next(): Promise<StreamEvent | undefined>;
  /** All events up to the end. */
  rest(): Promise<readonly StreamEvent[]>;
}

/** Resolves once the first event is there. */
export async function openStream(url: string, token: string): Promise<OpenStream> {
  const response = await ask(url, token);
  const events = readEvents(response as AsyncIterable<Uint8Array>);
  const next = async (): Promise<StreamEvent | undefined> => (await events.next()).value;
  expect(response.statusCode).toBe(200);
  expect(await next()).toMatchObject({ name: 'time' });
  const rest = async (): Promise<readonly StreamEvent[]> => {
    const all: StreamEvent[] = [];
    for await (const event of events) all.push(event);
    return all;
  };
  return { response, next, rest };
}

/** A connection of its own: other answers must not wait behind the stream. */
async function ask(url: string, token: string): Promise<IncomingMessage> {
  const asked = request(`${url}/api/stream`, { agent: false, headers: { Authorization: `Bearer ${token}` } }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  afterwards(() => response.destroy());
  return response;
}
