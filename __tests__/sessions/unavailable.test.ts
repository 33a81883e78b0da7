import { userOf } from '../support/callers.js';
import { killableStore } from '../support/killable-store.js';
import { MERCHANT } from '../support/organisation-tree.js';
import { closeApps, openApp } from '../support/revocation-app.js';
import { sessionError } from '../support/session-answers.js';

const PATHS = ['/sessions/session-1', '/users/alice/sessions', '/users/alice/sessions?oauthTokens=true', '/users/alice/clients/web/tokens'];

const alice = userOf('shop', '', { sub: 'alice', sid: 'session-1' });

afterEach(closeApps);

describe('While the store is out of reach', () => {
  it.each([true, false])('H87 nothing is acknowledged: 503 with Retry-After, nothing recorded, and it works again with Redis (tracking %p)', async tracking => {
    const { open, redis } = await killableStore();
    const app = await openApp({ open, tracking });
    const victim = await app.issue();
    const own = await alice(app);
    // Untracked, an administrator's call for a session is refused without asking the store.
    const paths = tracking ? PATHS : PATHS.slice(1);
    await redis.kill();

    for (const [path, caller] of [...paths.map(path => [path, MERCHANT] as const), ...PATHS.map(path => [path, own] as const)]) {
      const { status, body, headers } = await app.delete(path, caller);
      expect({ status, body, retryAfter: headers['retry-after'] }).toEqual({ status: 503, body: sessionError(503), retryAfter: '1' });
      expect(headers['cache-control']).toBe('no-store');
      expect(headers).not.toHaveProperty('www-authenticate');
    }

    await redis.restart();
    await app.live.ready();
    expect(await app.aftermath(victim)).toEqual({ live: [true], recorded: 0 });
    await app.delete('/users/alice/sessions', own).expect(204);
    expect(await app.isLive(victim)).toBe(false);
  });

  it('H92 nor does excludeCurrent acknowledge anything', async () => {
    const { open, redis } = await killableStore();
    const app = await openApp({ open, sessions: { authenticate: async () => ({ actor: 'user alice', level: 'user', subject: 'alice', session: 'session-1' }) } });
    const other = await app.issue({ sid: 'session-2' });
    await redis.kill();

    expect((await app.delete('/users/alice/sessions?excludeCurrent=true')).status).toBe(503);

    await redis.restart();
    await app.live.ready();
    expect(await app.aftermath(other)).toEqual({ live: [true], recorded: 0 });
  });

  it.each(PATHS)('H87 after close() DELETE %s is answered 503', async path => {
    const app = await openApp();
    await app.live.close();

    expect((await app.delete(path, MERCHANT)).status).toBe(503);
  });

  it('H89 what is refused anyway is refused as ever', async () => {
    const { open, redis } = await killableStore();
    const app = await openApp({ open });
    await redis.kill();

    expect((await app.delete('/sessions/session-1')).status).toBe(401);
    expect((await app.delete('/users/alice/sessions?oauthTokens=1', MERCHANT)).status).toBe(400);
    expect((await app.post('/users/alice/sessions', MERCHANT)).status).toBe(405);
  });
});
