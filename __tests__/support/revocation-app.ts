import { once } from 'node:events';
import type { Server } from 'node:http';
import express5, { type ErrorRequestHandler, type Express } from 'express';
import request, { type Test } from 'supertest';
import {
  apiKeyCallers,
  bearerCallers,
  firstOf,
  requireLiveToken,
  revocationRouter,
  type AuditEntry,
  type Claims,
  type LiveTokens,
  type LiveTokensOptions,
  type OrganisationOptions,
  type SessionOptions,
} from 'livetoken';
import { openMemoryStore, type OpenStore } from './every-store.js';
import { liveTokens } from './guarded-api.js';
import { createIssuer, type TestIssuer } from './issuer.js';
import { API_KEYS, parentOf } from './organisation-tree.js';

export interface Issued {
  readonly token: string;
  readonly claims: Claims;
}

/** Which of some tokens still live, and how many revocations were recorded altogether. */
export interface Aftermath {
  readonly live: readonly boolean[];
  readonly recorded: number;
}

/** A running application: a guarded route, the revocation endpoints at the root, an error handler of its own. */
export interface RevocationApp {
  readonly live: LiveTokens;
  readonly issuer: TestIssuer;
  readonly server: Server;
  /** Signs a token of alice in `shop`, with overrides; tracks it where the application tracks. */
  issue(overrides?: Readonly<Record<string, unknown>>, details?: Readonly<Record<string, unknown>>): Promise<Issued>;
  /** `caller` is an Authorization header. */
  post(path: string, caller?: string): Test;
  delete(path: string, caller?: string): Test;
  /** What the guard says at the token's next request. */
  isLive(token: Issued): Promise<boolean>;
  aftermath(...tokens: readonly Issued[]): Promise<Aftermath>;
  history(): Promise<readonly AuditEntry[]>;
}

export interface RevocationAppOptions {
  /** Default: a memory store. */
  readonly open?: () => Promise<OpenStore>;
  /** Default true. */
  readonly tracking?: boolean;
  readonly liveOptions?: Partial<LiveTokensOptions>;
  /** Over those of the organisations group, and over those of the sessions group, which are alike in what they share. */
  readonly organisations?: OrganisationOptions;
  readonly sessions?: SessionOptions;
  /** In place of both groups at the root. */
  readonly mount?: (app: Express, live: LiveTokens) => void;
  readonly express?: typeof express5;
}

/** Opens an application, which `closeApps` closes. Its callers have API keys or tokens, its organisations are a tree. */
export async function openApp(options: RevocationAppOptions = {}): Promise<RevocationApp> {
  const { open = openMemoryStore, tracking = true, liveOptions = {}, mount = mountBoth(options), express = express5 } = options;
  const { store, close } = await open();
  opened.push(close);
  const issuer = createIssuer();
  const live = liveTokens(store, issuer, { tracking, claims: { organisation: 'org', organisations: 'orgs' }, ...liveOptions });
  const app = express();
  app.use('/guarded', requireLiveToken(live), (_req, res) => res.json({}));
  mount(app, live);
  app.use(applicationErrors);
  const server = app.listen(0, '127.0.0.1');
  opened.push(() => endServer(server));
  await once(server, 'listening');
  return appAt(server, live, issuer);
}

/** For `afterEach`. */
export async function closeApps(): Promise<void> {
  for (const close of opened.splice(0).reverse()) await close();
}

const opened: (() => unknown)[] = [];

async function endServer(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
}

function mountBoth({ organisations, sessions }: RevocationAppOptions) {
  return (app: Express, live: LiveTokens): void => {
    const shared = { authenticate: usualCallers(live), parentOf };
    app.use(revocationRouter(live, { organisations: { ...shared, ...organisations }, sessions: { ...shared, ...sessions } }));
  };
}

/** Where tokens name no organisation, that group cannot be there. */
export function mountSessions(app: Express, live: LiveTokens): void {
  app.use(revocationRouter(live, { sessions: { authenticate: usualCallers(live) } }));
}

export const usualCallers = (live: LiveTokens) => firstOf(apiKeyCallers(API_KEYS), bearerCallers(live));

/** Answers the errors that no route of ours takes for its own. */
const applicationErrors: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (res.headersSent) next(error);
  else res.status(500).json({ handledBy: 'the application', message: (error as Error).message });
};

function appAt(server: Server, live: LiveTokens, issuer: TestIssuer): RevocationApp {
  const as = (asked: Test, caller: string | undefined): Test => (caller === undefined ? asked : asked.set('Authorization', caller));
  const isLive = async ({ token }: Issued): Promise<boolean> => {
    const { status } = await request(server).get('/guarded').set('Authorization', `Bearer ${token}`);
    if (status !== 200 && status !== 401) throw new Error(`The guard answered ${status}.`);
    return status === 200;
  };
  const history = async (): Promise<readonly AuditEntry[]> => (await live.history({ order: 'oldest', limit: 1000 })).items;
  return {
    ...{ server, live, issuer, isLive, history },
    async issue(overrides, details) {
      const claims = issuer.claims({ org: 'shop', ...overrides });
      if (live.tracks) await live.track(claims, details);
      return { token: issuer.sign(claims), claims };
    },
    post: (path, caller) => as(request(server).post(path), caller),
    delete: (path, caller) => as(request(server).delete(path), caller),
    async aftermath(...tokens) {
      const alive: boolean[] = [];
      for (const token of tokens) alive.push(await isLive(token));
      return { live: alive, recorded: (await history()).length };
    },
  };
}
