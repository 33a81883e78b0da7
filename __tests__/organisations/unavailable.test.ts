import { memoryStore } from 'livetoken';
import { userOf } from '../support/callers.js';
import { killableStore } from '../support/killable-store.js';
import { MERCHANT, PARTNER } from '../support/organisation-tree.js';
import { closeApps, openApp } from '../support/revocation-app.js';
import { until } from '../stores/support/until.js';

const ENDPOINTS = [
  ['O1', '/organisations/shop/tokens/revoke', PARTNER],
  ['O2', '/organisations/shop/tokens/victim/revoke', PARTNER],
  ['users', '/organisations/shop/users/alice/tokens/revoke', PARTNER],
  ['T1', '/tokens/revoke', MERCHANT],
  ['T2', '/tokens/victim/revoke', MERCHANT],
] as const;

const description = 'The revocation could not be recorded right now; repeat it';
const BODY = {
  returnCode: '503',
  returnDescription: description,
  details: [{ code: 'temporarily_unavailable', description, field: null, resourceUri: null }],
};

const bankAdmin = userOf('bank', 'bankadmin');

afterEach(closeApps);

describe('While the store is out of reach', () => {
  it.each([true, false])('I94 nothing is acknowledged: 503 with Retry-After, nothing recorded, and it works again with Redis (tracking %p)', async tracking => {
    const { open, redis } = await killableStore();
    const app = await openApp({ open, tracking });
    const victim = await app.issue({ jti: 'victim' });
    await redis.kill();

    for (const [, path, caller] of ENDPOINTS) {
      const { status, body, headers } = await app.post(path, caller);
      expect({ status, body, retryAfter: headers['retry-after'] }).toEqual({ status: 503, body: BODY, retryAfter: '1' });
      expect(headers['cache-control']).toBe('no-store');
    }

    await redis.restart();
    await app.live.ready();
    expect(await app.aftermath(victim)).toEqual({ live: [true], recorded: 0 });
    await app.post('/tokens/victim/revoke', MERCHANT).expect(200);
    expect(await app.isLive(victim)).toBe(false);
  });

  it('I94 a Redis that hangs acknowledges nothing either, and the repetition that a 503 asks for does no harm', async () => {
    const { open, redis } = await killableStore();
    const app = await openApp({ open, tracking: false });
    const victim = await app.issue();
    redis.pause();

    expect((await app.post('/tokens/revoke', MERCHANT)).status).toBe(503);

    // Whether the write had reached it nobody knows.
    redis.resume();
    await until(async () => (await app.post('/tokens/revoke', MERCHANT)).status === 200);
    expect(await app.isLive(victim)).toBe(false);
  });

  it('I95 a bearer caller, who cannot be told to be live, is answered 503 and not 401', async () => {
    const { open, redis } = await killableStore();
    const app = await openApp({ open });
    const caller = await bankAdmin(app);
    await redis.kill();

    const { status, body, headers } = await app.post('/organisations/shop/tokens/revoke', caller);

    expect({ status, body, retryAfter: headers['retry-after'] }).toEqual({ status: 503, body: BODY, retryAfter: '1' });
    expect(headers).not.toHaveProperty('www-authenticate');
  });

  it.each(ENDPOINTS)('I94 %s after close() is answered 503', async (_, path, caller) => {
    const app = await openApp();
    await app.live.close();

    expect((await app.post(path, caller)).status).toBe(503);
  });

  it('I94 a memory store that is full refuses rather than forgets: 503', async () => {
    const store = memoryStore({ maxEntries: 1 });
    const app = await openApp({ open: async () => ({ store, close: () => store.close() }), tracking: false });
    const first = await app.issue({ org: 'shop' });

    expect((await app.post('/tokens/revoke', MERCHANT)).status).toBe(200);
    expect((await app.post('/organisations/kiosk/tokens/revoke', PARTNER)).status).toBe(503);
    expect(await app.isLive(first)).toBe(false);
  });

  it('I96 what is refused anyway is refused as ever', async () => {
    const { open, redis } = await killableStore();
    const app = await openApp({ open });
    await redis.kill();

    expect((await app.post('/tokens/revoke')).status).toBe(401);
    expect((await app.post('/organisations/rival/tokens/revoke', PARTNER)).status).toBe(403);
    expect((await app.post('/organisations/shop/tokens/revoke', PARTNER).type('text')).status).toBe(415);
    expect((await app.delete('/tokens/revoke', MERCHANT)).status).toBe(405);
  });
});
