import { once } from 'node:events';
import { createServer } from 'node:http';
import express from 'express';
import jwt from 'jsonwebtoken';
import request from 'supertest';
import { createLiveTokens, jwtVerifier, memoryStore, requireLiveToken, revocationRouter, type Claims, type LiveTokens, type Target } from 'livetoken';
import { until } from '../stores/support/until.js';
import { endServer } from '../support/end-server.js';
import { AUDIENCE, authorizationCode, CLIENT, clientCredentials, lookUp, refreshed, SCOPE, startOidcProvider, type OidcProvider } from './support/oidc-provider.js';

// node-oidc-provider: an issuer of JWT access tokens (RFC 9068), which has no way of taking them back.

let provider: OidcProvider;
let api: Api;
beforeAll(async () => { provider = await startOidcProvider('first'); });
afterAll(() => provider.kill());
beforeEach(async () => { api = await openApi(provider); });
afterEach(() => api.close());

interface Api {
  readonly live: LiveTokens;
  get(token: string): Promise<number>;
  revoke(token: string): Promise<number>;
  close(): Promise<void>;
}

/** An API that knows of its issuer no more than where it is. */
async function openApi({ issuer }: Pick<OidcProvider, 'issuer'>): Promise<Api> {
  const verify = jwtVerifier({
    ...{ jwksUri: `${issuer}/jwks`, algorithms: ['RS256'], issuer, audience: AUDIENCE },
    jwks: { cooldownMs: 1, retryMs: 1 },
  });
  const live = createLiveTokens({ store: memoryStore(), verify, maxLifetime: 3600 });
  const app = express();
  app.use('/auth', revocationRouter(live, { oauth: { clients: [CLIENT], resolveOpaqueToken: lookUp(issuer) } }));
  app.use('/api', requireLiveToken(live, { profile: 'rfc9068', scope: SCOPE }), (_req, res) => void res.json({ in: true }));
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    live,
    get: async token => (await request(server).get('/api').set('Authorization', `Bearer ${token}`)).status,
    revoke: async token => (await request(server).post('/auth/revoke').auth(CLIENT.id, CLIENT.secret).type('form').send({ token })).status,
    async close() {
      await endServer(server);
      await live.close();
    },
  };
}

const decoded = (token: string): { header: jwt.JwtHeader; claims: Claims } => {
  const { header, payload } = jwt.decode(token, { complete: true })!;
  return { header, claims: payload as Claims };
};

describe('access tokens of node-oidc-provider', () => {
  it('F73 F78 are complete after RFC 9068, and need no mapping of claims', async () => {
    const token = await clientCredentials(provider);
    const { header, claims } = decoded(token);

    expect(header).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: 'first' });
    expect(claims).toEqual({
      ...{ iss: provider.issuer, aud: AUDIENCE, sub: CLIENT.id, client_id: CLIENT.id, scope: SCOPE },
      ...{ jti: expect.any(String), iat: expect.any(Number), exp: expect.any(Number) },
    });
    expect(api.live.facts(claims)).toMatchObject({ tokenId: claims['jti'], client: CLIENT.id, subject: CLIENT.id });
    expect(await api.get(token)).toBe(200);
  });

  it('F80 open nothing once they were revoked, which their issuer has no way of doing', async () => {
    const [one, other] = [await clientCredentials(provider), await clientCredentials(provider)];
    expect(await api.get(one)).toBe(200);

    await api.live.revoke(one);

    expect([await api.get(one), await api.get(other)]).toEqual([401, 200]);
  });

  it('B22 are revoked by their client at POST /revoke', async () => {
    const token = await clientCredentials(provider);
    expect([await api.get(token), await api.revoke(token), await api.get(token)]).toEqual([200, 200, 401]);
  });

  it.each([
    ['grant', 'grant_id'],
    ['session', 'sid'],
    ['subject', 'sub'],
  ] as const)('F80 of a user die with the %s, where the issuer was told to name it', async (kind, claim) => {
    const { access_token: token } = await authorizationCode(provider, 'alice');
    const { claims } = decoded(token);
    const others = [(await authorizationCode(provider, 'bob')).access_token, await clientCredentials(provider)];
    expect(claims).toMatchObject({ sub: 'alice', sid: expect.any(String), grant_id: expect.any(String) });
    expect(await api.get(token)).toBe(200);

    await api.live.revoke({ kind, id: claims[claim] } as Target);

    expect(await api.get(token)).toBe(401);
    for (const other of others) expect(await api.get(other)).toBe(200);
  });

  it('B21 B31 die with their refresh token, which is opaque and looked up at the issuer', async () => {
    const { access_token, refresh_token } = await authorizationCode(provider, 'alice');
    expect(await api.get(access_token)).toBe(200);
    expect(await api.revoke(refresh_token)).toBe(200);
    expect(await api.get(access_token)).toBe(401);
    // The issuer goes on refreshing, in the same grant.
    expect(await api.get((await refreshed(provider, refresh_token)).access_token)).toBe(401);
  });
});

describe('keys of node-oidc-provider', () => {
  it('F75 rotate without a restart here: the new ones are good, the old ones no longer', async () => {
    const before = await clientCredentials(provider);
    expect(await api.get(before)).toBe(200);

    await provider.kill();
    expect(await api.get(before)).toBe(200);
    provider = await startOidcProvider('second', provider.port);

    expect(await api.get(await clientCredentials(provider))).toBe(200);
    expect(await api.get(before)).toBe(401);
  });

  it('F75 F81 B33 are asked for until they come, where the issuer is away at first: 503, never 401', async () => {
    const early = await clientCredentials(provider);
    await provider.kill();
    expect([await api.get(early), await api.revoke(early)]).toEqual([503, 503]);

    provider = await startOidcProvider('second', provider.port);

    const token = await clientCredentials(provider);
    await until(async () => (await api.get(token)) === 200);
    expect(await api.get(early)).toBe(401);
  });
});
