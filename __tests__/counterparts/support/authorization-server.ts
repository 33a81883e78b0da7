import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createLiveTokens, memoryStore, oauthMetadataRouter, requireLiveToken, revocationRouter, type OAuthOptions } from 'livetoken';
import { endServer } from '../../support/end-server.js';
import { createIssuer, type TestIssuer } from '../../support/issuer.js';

/** Our endpoints as those of an issuer that can be found by its name alone. */
export interface AuthorizationServer {
  readonly issuer: string;
  readonly origin: string;
  readonly tokens: TestIssuer;
  /** Whether a route behind the guard lets the token in. */
  accepts(token: string): Promise<boolean>;
  close(): Promise<void>;
}

export interface AuthorizationServerOptions {
  readonly oauth: OAuthOptions;
  /** Where on its host the issuer is. Default: all of it. */
  readonly path?: string;
  /** What else the issuer says of itself. */
  readonly members?: Readonly<Record<string, unknown>>;
}

export async function openAuthorizationServer({ oauth, path = '', members = {} }: AuthorizationServerOptions): Promise<AuthorizationServer> {
  const app = express();
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Whoever says where it is has to be somewhere first.
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tokens = createIssuer();
  const live = createLiveTokens({ store: memoryStore(), verify: tokens.verify, maxLifetime: 3600 });
  const named = { issuer: `${origin}${path}`, ...oauth };
  app.use('/auth', revocationRouter(live, { oauth: named }));
  app.use(oauthMetadataRouter(live, { oauth: named, endpointBase: `${origin}/auth`, members }));
  app.use('/api', requireLiveToken(live), (_req, res) => void res.json({ in: true }));
  return {
    ...{ issuer: named.issuer, origin, tokens },
    accepts: async token => (await fetch(`${origin}/api`, { headers: { Authorization: `Bearer ${token}` } })).ok,
    async close() {
      await endServer(server);
      await live.close();
    },
  };
}
