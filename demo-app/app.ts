import { setMaxListeners } from 'node:events';
import express, { type Express } from 'express';
import helmet from 'helmet';
import { Redis } from 'ioredis';
import {
  apiKeyCallers,
  bearerCallers,
  firstOf,
  memoryStore,
  redisStore,
  revocationRouter,
  type LiveTokens,
  type RevocationStore,
} from 'livetoken';
import { createConsole, type Console } from './console/console.js';
import type { Fleet } from './fleet/fleet.js';
import { account } from './http/account.js';
import { HttpError, jsonErrors } from './http/errors.js';
import { guardedApi } from './http/guarded-api.js';
import { organisationTokens } from './http/organisation-tokens.js';
import { stream } from './http/stream.js';
import { system } from './http/system.js';
import { tokenEndpoint } from './http/token-endpoint.js';
import { createIssuer, type Issuer } from './issuer/issuer.js';
import { passwordCheck } from './issuer/passwords.js';
import { API_KEYS, CLIENTS, findOrganisation, findUser, parentOf } from './seed.js';
import { memoryState } from './state/memory-state.js';
import { redisState } from './state/redis-state.js';
import type { SharedState } from './state/shared-state.js';

export interface DemoOptions {
  /** Redis to keep everything in. Default: this process's memory. */
  readonly redisUrl?: string | undefined;
  /** The instances that the console shows. Default: this process alone. */
  readonly fleet?: Fleet | undefined;
}

export interface Demo {
  readonly app: Express;
  readonly live: LiveTokens;
  /** Resolves once everything can be served; rejects with what is wrong. Until then requests are answered 503. */
  ready(): Promise<void>;
  /** Ends the answers that would go on for ever; everything else is served until `close`. */
  endStreams(): void;
  close(): Promise<void>;
}

export function createDemo({ redisUrl, fleet }: DemoOptions = {}): Demo {
  const { store, state } = redisUrl === undefined ? { store: memoryStore(), state: memoryState() } : inRedis(redisUrl);
  const issuer = createIssuer(store, state);
  const { live, keys } = issuer;
  const ready = async (): Promise<void> => {
    await live.ready(); // the one that says best what is wrong
    await state.ready();
    await keys.current();
  };
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // every open stream listens
  const operatorConsole = createConsole({ issuer, fleet, stopping: stopping.signal });
  const app = buildApp({ issuer, state, operatorConsole, ready, stopping: stopping.signal });
  return {
    app,
    live,
    ready,
    endStreams: () => { stopping.abort(); },
    close: async () => {
      await operatorConsole.close();
      await Promise.all([live.close(), state.close()]);
    },
  };
}

/** How long a Redis that does not answer is waited for, at start and by GET /healthz. */
const READY_TIMEOUT_MS = 2000;

/** The issuer's own connection. Nothing waits in a queue: without Redis a request gets its 503 at once. */
const REDIS_OPTIONS = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  connectTimeout: 1000,
  disconnectTimeout: 250,
  commandTimeout: 1500,
  socketTimeout: 2500,
  retryStrategy: (attempt: number): number => Math.min(50 * attempt, 500),
};

function inRedis(url: string): { readonly store: RevocationStore; readonly state: SharedState } {
  const client = new Redis(url, REDIS_OPTIONS);
  // Whoever asks hears of it; without a listener ioredis would print every failed attempt to connect.
  client.on('error', () => undefined);
  return {
    store: redisStore(client, { namespace: 'demo', readyTimeoutMs: READY_TIMEOUT_MS }),
    state: redisState(client, READY_TIMEOUT_MS),
  };
}

interface Parts {
  readonly issuer: Issuer;
  readonly state: SharedState;
  readonly operatorConsole: Console;
  readonly ready: () => Promise<void>;
  readonly stopping: AbortSignal;
}

function buildApp({ issuer: { live, keys, refreshTokens, tokens }, state, operatorConsole, ready, stopping }: Parts): Express {
  const provesPassword = passwordCheck();
  const app = express();
  app.disable('x-powered-by');
  app.use(helmet(), (_req, res, next) => {
    // Tokens are in most answers, and what is true of them changes: nothing here is for a cache (RFC 6749 section 5.1).
    res.set('Cache-Control', 'no-store');
    next();
  });
  app.use(system({ live, keys, ready }));
  app.use('/console', operatorConsole.router);

  // The issuer, and OAuth's own way to revoke: POST /token, /revoke and /introspect.
  const oauth = {
    clients: CLIENTS,
    resolveOpaqueToken: async (token: string) => {
      const claims = await refreshTokens.find(token);
      return claims && { claims };
    },
  };
  app.use('/oauth2/default/v1', tokenEndpoint({ tokens, provesPassword }), revocationRouter(live, { oauth }));

  // Organisations have tokens issued, and revoke them.
  const organisations = {
    authenticate: firstOf(apiKeyCallers(API_KEYS), bearerCallers(live)),
    decodeOrganisationId: (id: string) => findOrganisation(id)?.id,
    parentOf,
  };
  app.use(organisationTokens({ live, tokens }), revocationRouter(live, { organisations }));

  // Users sign out, and administrators sign users out.
  const organisationsOfUser = (id: string): readonly string[] | undefined => {
    const user = findUser(id);
    return user && [user.organisation];
  };
  app.use('/api/v1', revocationRouter(live, { sessions: { parentOf, organisationsOfUser } }));

  app.use('/api', guardedApi({ live, state }), stream({ live, stopping }), account({ live, tokens, provesPassword }));

  app.use(() => {
    throw new HttpError(404, 'not_found', 'There is nothing at this path');
  });
  app.use(jsonErrors);
  return app;
}
