import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import express, { type Request, type RequestHandler, type Response } from 'express';

const socket = new Socket();

/** How node hands the headers over: they are parsed when somebody asks for them. */
interface Received {
  _addHeaderLines(rawHeaders: readonly string[], count: number): void;
}

interface Exchange {
  readonly req: Request;
  readonly res: Response;
}

let arrived: Exchange | undefined;

// Whatever Express does to a request before a route's middleware runs, it has done: a request that it has seen is slower to add a
// property to than one fresh from node.
const app = express();
app.get('/orders/:id', (req, res) => { arrived = { req, res }; });

/** A request as it arrives at a route: new, with headers that nobody has looked at yet. */
function exchangeWith(token: string): Exchange {
  const message = new IncomingMessage(socket);
  const headers = [
    ...['Host', '127.0.0.1', 'Connection', 'keep-alive', 'Accept', 'application/json', 'User-Agent', 'livetoken-bench'],
    ...['Authorization', fresh(`Bearer ${token}`)],
  ];
  (message as unknown as Received)._addHeaderLines(headers, headers.length);
  message.method = 'GET';
  message.url = '/orders/1001';
  app(message as Request, new ServerResponse(message) as Response);
  if (arrived === undefined) throw new Error('Express did not call the route at once.');
  return arrived;
}

/** Other characters in memory, as they come from a socket: what was hashed or compared before must not show. */
function fresh(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** So few that they are still in the processor's caches when they are sent, as a request is that node has just read. */
const AT_ONCE = 20;

/** Sends a request with each of the tokens through the middleware, one after another. Nanoseconds for each. */
export async function driveThrough(middleware: RequestHandler, tokens: readonly string[]): Promise<number> {
  let elapsed = 0n;
  for (let i = 0; i < tokens.length; i += AT_ONCE) {
    const exchanges = tokens.slice(i, i + AT_ONCE).map(exchangeWith);
    const startedAt = process.hrtime.bigint();
    await send(middleware, exchanges);
    elapsed += process.hrtime.bigint() - startedAt;
  }
  return Number(elapsed) / tokens.length;
}

async function send(middleware: RequestHandler, exchanges: readonly Exchange[]): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let at = 0;
    const step = (): void => {
      for (;;) {
        const exchange = exchanges[at++];
        if (exchange === undefined) { resolve(); return; }
        let passed = false;
        let isWaiting = false;
        const hasPassed = (): boolean => passed;
        void middleware(exchange.req, exchange.res, (error?: unknown) => {
          if (error !== undefined) { reject(new Error('The middleware failed.', { cause: error })); return; }
          passed = true;
          if (isWaiting) step();
        });
        isWaiting = !hasPassed();
        if (isWaiting) return;
      }
    };
    step();
  });
}
