import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express5, { type ErrorRequestHandler } from 'express';
import {
  apiKeyCallers,
  bearerCallers,
  createLiveTokens,
  firstOf,
  requireLiveToken,
  revocationRouter,
  type LiveTokens,
  type RevocationStore,
} from 'livetoken';
import { endServer } from '../../support/end-server.js';
import { textOf } from './leaks.js';
import { API_KEYS, AUTHORISATION_SERVER, claimsOf, CLIENTS, Keys, LIFETIME_S, parentOf, VICTIMS, type Claims } from './material.js';
import { mint, mintTokens, type Tokens } from './tokens.js';

export interface World {
  readonly port: number;
  readonly live: LiveTokens;
  readonly keys: Keys;
  /** Of those who must come to no harm. */
  readonly victims: readonly { readonly claims: Claims; readonly token: string }[];
  /** Events, and errors that reached the application though they should not have, as somebody might log them. */
  readonly noted: string[];
  /** Unexpected errors that the application was left to answer. */
  readonly failures: unknown[];
  /** Fresh good tokens for the attackers, whose old ones may have been revoked. */
  freshTokens(): Promise<Tokens>;
  close(): Promise<void>;
}

/** Everything that the package has, on one server: all endpoints with all callers, guards of every kind, tracking. */
export async function openWorld(store: RevocationStore, express = express5): Promise<World> {
  const keys = new Keys();
  const live = createLiveTokens({
    store,
    verify: keys.verify,
    maxLifetime: LIFETIME_S,
    claims: { organisation: 'org', organisations: 'orgs' },
    tracking: true,
    rememberTokens: { maxTokens: 200 },
  });
  const noted: string[] = [];
  const failures: unknown[] = [];
  for (const event of ['revoked', 'refused', 'unavailable', 'allowedUnchecked'] as const) {
    live.on(event, details => { noted.push(`${event} ${textOf(details)}`); });
  }
  const app = applicationOf({ live, keys, express, failures });
  const server = createServer(app);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const victims = VICTIMS.map(each => claimsOf(each)).map(claims => ({ claims, token: mint(keys, claims) }));
  for (const { claims } of victims) await live.track(claims);
  return {
    ...{ live, keys, victims, noted, failures, port: (server.address() as AddressInfo).port },
    async freshTokens() {
      const tokens = mintTokens(keys, victims.map(({ token }) => token));
      for (const claims of tokens.ownClaims) await live.track(claims);
      return tokens;
    },
    close: () => close(server, live),
  };
}

interface Parts {
  readonly live: LiveTokens;
  readonly keys: Keys;
  readonly express: typeof express5;
  readonly failures: unknown[];
}

function applicationOf({ live, keys, express, failures }: Parts) {
  const app = express();
  // Without, everybody would be told once that X-Forwarded-For is not believed; so anybody may say where a request is from.
  app.set('trust proxy', true);
  const signer = { id: 'signer', assertion: { key: keys.publicPem, algorithms: ['RS256'] }, mayIntrospect: true } as const;
  const oauth = {
    clients: [...CLIENTS, signer],
    introspectionScope: 'introspect',
    issuer: AUTHORISATION_SERVER,
    introspectionSigning: { key: keys.privateKey },
    failedAttempts: false,
  } as const;
  const shared = { authenticate: firstOf(apiKeyCallers(API_KEYS), bearerCallers(live)), parentOf };
  const done = (_req: unknown, res: { json(body: object): void }): void => { res.json({ in: true }); };
  app.disable('x-powered-by');
  app.use('/auth', revocationRouter(live, { oauth, openapi: true }));
  app.use('/limited', revocationRouter(live, { oauth: { ...oauth, failedAttempts: { limit: 5, limitPerAddress: 10, windowMs: 86_400_000 } } }));
  app.use('/behind', express.json(), express.urlencoded({ extended: true }), revocationRouter(live, { oauth }));
  app.use('/guarded/guard', requireLiveToken(live), done);
  app.use('/guarded/strict', requireLiveToken(live, { profile: 'rfc9068', consistency: 'strong', exposeReason: true }), done);
  app.use('/guarded/scoped', requireLiveToken(live, { scope: 'orders:write', exposeReason: true }), done);
  app.use('/guarded/form', express.urlencoded({ extended: true }), requireLiveToken(live, { acceptTokenIn: { formBody: true, query: true } }), done);
  app.use(revocationRouter(live, { organisations: shared, sessions: shared }));
  // Express's own handlers would quote the path.
  app.use((_req, res) => { res.status(404).json({ error: 'no such path' }); });
  app.use(applicationErrors(failures));
  return app;
}

/** Answers what the application's own parsers refuse; whatever else comes here should not have. */
function applicationErrors(failures: unknown[]): ErrorRequestHandler {
  return (error: unknown, _req, res, next) => {
    const { status } = error as { readonly status?: unknown };
    const isTheirs = typeof status === 'number' && status >= 400 && status < 500;
    if (!isTheirs) failures.push(error);
    if (res.headersSent) next(error);
    else res.status(isTheirs ? status : 500).json({ error: 'not ours' });
  };
}

async function close(server: Server, live: LiveTokens): Promise<void> {
  await endServer(server);
  await live.close();
}

