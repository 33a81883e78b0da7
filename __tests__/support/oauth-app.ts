import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express5, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import request, { type Test } from 'supertest';
import {
  createLiveTokens,
  memoryStore,
  requireLiveToken,
  revocationRouter,
  type LiveTokens,
  type LiveTokensOptions,
  type OAuthClient,
  type OAuthOptions,
  type RevocationStore,
} from 'livetoken';
import { endServer } from './end-server.js';
import { createIssuer, type TestIssuer } from './issuer.js';
import { CANARY, scanForLeaks } from './leak-scan.js';

/** `web` is the client that the tokens of the test issuer are for, unless they say otherwise. */
export const CLIENTS = {
  web: { id: 'web', secret: `${CANARY}-web` },
  mobile: { id: 'mobile', secret: `${CANARY}-mobile` },
  spa: { id: 'spa', public: true },
  /** A resource server. */
  api: { id: 'api', secret: `${CANARY}-api`, mayIntrospect: true },
  /** Each of these characters means something in a header, a form, or both. */
  odd: { id: 'a:b +', secret: `p%w+ö&=:${CANARY}` },
} as const satisfies Readonly<Record<string, OAuthClient>>;

export const ENDPOINTS = ['/revoke', '/introspect'] as const;

/** What nobody ever issued. */
export const GARBAGE = `${CANARY}-not-a-token`;

export type Fields = Readonly<Record<string, string>>;
type Credentials = Readonly<{ id: string; secret?: string }>;

export interface OAuthAppOptions {
  readonly store?: RevocationStore;
  readonly issuer?: TestIssuer;
  readonly live?: Partial<LiveTokensOptions>;
  readonly oauth?: Partial<OAuthOptions>;
  /** Stands before the router. */
  readonly before?: readonly RequestHandler[];
  readonly express?: typeof express5;
  /** The last word on the application. */
  readonly configure?: (app: Express) => void;
}

export interface OAuthApp {
  readonly port: number;
  readonly issuer: TestIssuer;
  readonly live: LiveTokens;
  /** A form, to a path under /auth; a string is sent as it is. */
  post(path: string, form: Fields | string): Test;
  /** The same with client_secret_basic. */
  postAs(client: Credentials, path: string, form: Fields | string): Test;
  revoke(client: Credentials, form: Fields): Test;
  introspect(client: Credentials, form: Fields): Test;
  /** Any method. */
  send(method: string, path: string): Test;
  /** Whether a route behind the guard lets the token in. */
  accepts(token: string): Promise<boolean>;
  /** Resolves when a request begins, with the request as the server sees it. */
  nextRequest(): Promise<IncomingMessage>;
  /** Closes server and store. Throws if any answer or event held a token or a secret. */
  close(): Promise<void>;
}

const OPEN_LATER: OAuthApp[] = [];

/** For `afterEach`. */
export async function closeOAuthApps(): Promise<void> {
  for (const app of OPEN_LATER.splice(0)) await app.close();
}

/** The OAuth endpoints under /auth and a guarded /api, on a real server. Ended by `closeOAuthApps`. */
export async function openOAuthApp(options: OAuthAppOptions = {}): Promise<OAuthApp> {
  const { issuer = createIssuer(), store = memoryStore(), express = express5, before = [], oauth = {} } = options;
  const live = createLiveTokens({ store, verify: issuer.verify, maxLifetime: 86_400, ...options.live });
  const app = express();
  for (const each of before) app.use(each);
  app.use('/auth', revocationRouter(live, { oauth: { clients: Object.values(CLIENTS), ...oauth } }));
  app.use('/api', requireLiveToken(live), (_req, res) => void res.json({ in: true }));
  options.configure?.(app);
  const server = createServer(app);
  const leaks = scanForLeaks(server);
  for (const event of ['revoked', 'refused', 'unavailable'] as const) {
    live.on(event, (details) => { leaks.note(JSON.stringify(details)); });
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const opened: OAuthApp = {
    port: (server.address() as AddressInfo).port,
    issuer,
    live,
    ...asking(server),
    nextRequest: async () => ((await once(server, 'request')) as [IncomingMessage])[0],
    close: async () => {
      await endServer(server);
      await live.close();
      leaks.assertClean();
    },
  };
  OPEN_LATER.push(opened);
  return opened;
}

type Asking = Pick<OAuthApp, 'post' | 'postAs' | 'revoke' | 'introspect' | 'send' | 'accepts'>;

function asking(server: Server): Asking {
  const post: Asking['post'] = (path, form) => request(server).post(`/auth${path}`).type('form').send(encodeForm(form));
  const postAs: Asking['postAs'] = (client, path, form) => post(path, form).set('Authorization', basic(client));
  return {
    post,
    postAs,
    revoke: (client, form) => postAs(client, '/revoke', form),
    introspect: (client, form) => postAs(client, '/introspect', form),
    // supertest knows the common methods by name only; underneath it takes any.
    send: (method, path) => Object.assign(request(server).post(`/auth${path}`), { method }),
    accepts: async (token) => {
      const { status } = await request(server).get('/api').set('Authorization', `Bearer ${token}`);
      if (status !== 200 && status !== 401) throw new Error(`The guard answered ${status}.`);
      return status === 200;
    },
  };
}

/** An application's own error handler: answers 500 and keeps what it was given. */
export function errorsInto(seen: unknown[]): ErrorRequestHandler {
  return (error, _req, res, next) => {
    seen.push(error);
    if (res.headersSent) next(error);
    else res.status(500).json({ theirs: true });
  };
}

export function encodeForm(form: Fields | string): string {
  return typeof form === 'string' ? form : new URLSearchParams(form).toString();
}

/** Value of the Authorization header: each half form-urlencoded, then joined (RFC 6749 section 2.3.1). */
export function basic({ id, secret = '' }: Credentials): string {
  const half = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);
  return basicOf(`${half(id)}:${half(secret)}`);
}

/** The same of anything, sound or not. */
export function basicOf(credentials: string | Buffer): string {
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}
