import express, { type Express } from 'express';
import request from 'supertest';
import { createLiveTokens, redisStore, requireLiveToken, type LiveTokens } from 'livetoken';
import { appClient, cleanUpAll, later, ownRedis } from '../stores/support/redis-stores.js';
import { until } from '../stores/support/until.js';
import { createIssuer } from '../support/issuer.js';

afterEach(cleanUpAll);

const issuer = createIssuer();

async function openInstance(url: string): Promise<{ live: LiveTokens; app: Express }> {
  const store = redisStore(appClient(url), { namespace: 'app', replica: { maxStalenessMs: 200 } });
  const live = createLiveTokens({ store, verify: issuer.verify, maxLifetime: 3600 });
  later(() => live.close());
  await live.ready();
  const app = express().use(requireLiveToken(live), (_req, res) => { res.json({}); });
  return { live, app };
}

async function statusOf(app: Express, token: string): Promise<number> {
  return (await request(app).get('/').auth(token, { type: 'bearer' })).status;
}

describe('Guards over replicas', () => {
  it('B22 refuse what another instance revoked, as soon as the log has brought it, and for good', async () => {
    const { url } = await ownRedis();
    const [one, other] = [await openInstance(url), await openInstance(url)];
    const token = issuer.token();
    expect(await statusOf(one.app, token)).toBe(200);
    expect(await statusOf(other.app, token)).toBe(200);
    await one.live.revoke({ kind: 'session', id: 'session-1' });
    expect(await statusOf(one.app, token)).toBe(401);
    await until(async () => (await statusOf(other.app, token)) === 401);
    expect(await statusOf(other.app, token)).toBe(401);
  });

  it('F81 answer from memory while they can prove that they are fresh, and 503 from then on while Redis is away', async () => {
    const server = await ownRedis();
    const { app } = await openInstance(server.url);
    const token = issuer.token();
    server.pause();
    // Whatever comes first, the last answers from memory or the first without: never 401 for a token that nobody revoked.
    const statuses: number[] = [];
    await until(async () => statuses.push(await statusOf(app, token)) > 0 && statuses.at(-1) === 503);
    expect(statuses.every(status => status === 200 || status === 503)).toBe(true);
    server.resume();
    await until(async () => (await statusOf(app, token)) === 200);
  });
});
