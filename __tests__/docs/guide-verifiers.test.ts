import { randomUUID } from 'node:crypto';
import { documentedIssuer } from '../support/documented-programs.js';
import { ask, guideWorld, ISSUER, statuses, statusOf } from './support/guide-world.js';
import { until } from '../stores/support/until.js';

describe("Guide: Come from express-jwt's isRevoked", () => {
  const world = guideWorld("Come from express-jwt's isRevoked");

  it('refuses what the old list held, what logs out, and what could not be revoked', async () => {
    const ids = [randomUUID(), randomUUID()];
    const here = await world.start({ OLD_LIST: ids.join(',') });
    const token = ISSUER.token();
    const tooLong = Math.floor(Date.now() / 1000) + 86_460;
    const all = [...ids.map(jti => ISSUER.token({ jti })), ISSUER.token({ jti: undefined }), ISSUER.token({ iat: undefined }), ISSUER.token({ exp: tooLong }), token];
    expect(await statuses(here, all)).toEqual([401, 401, 401, 401, 401, 200]);
    expect(await statusOf(here, '/api/logout', { method: 'POST', token })).toBe(204);
    const refused = await ask(here, '/api/me', { token });
    expect([refused.status, await refused.json()]).toEqual([401, { error: 'revoked_token' }]);

    const again = await world.start({ OLD_LIST: ids.join(',') });
    expect(await statuses(again, all)).toEqual([401, 401, 401, 401, 401, 401]);
  });

  it('hands the error handler a 503 with its headers while nobody can tell', async () => {
    const here = await world.start();
    const token = ISSUER.token();
    world.redis().pause();
    try {
      await until(async () => (await statusOf(here, '/api/me', { token })) === 503);
      expect((await ask(here, '/api/me', { token })).headers.get('Retry-After')).toBe('1');
    } finally {
      world.redis().resume();
    }
  });
});

describe('Guide: Keep what verifies your tokens', () => {
  const world = guideWorld('Keep what verifies your tokens');

  it('refuses a token that has logged out, one that cannot be revoked, and one that passport does not take', async () => {
    const here = await world.start();
    const [own, other] = [ISSUER.token(), ISSUER.token()];
    const all = [own, other, ISSUER.token({ jti: undefined }), ISSUER.token({ aud: 'https://other.example' }), 'garbage'];
    expect(await statuses(here, all)).toEqual([200, 200, 401, 401, 401]);
    expect(await statusOf(here, '/api/logout', { method: 'POST', token: own })).toBe(204);
    expect(await statuses(here, all)).toEqual([401, 200, 401, 401, 401]);
  });
});

describe('Guide: Accept tokens of several issuers', () => {
  const world = guideWorld('Accept tokens of several issuers');
  const partner = documentedIssuer();

  it('takes the tokens of each, refuses those of nobody, and ends the sessions of one without touching those of the other', async () => {
    const here = await world.start({ PARTNER_PUBLIC_KEY: partner.env.JWT_PUBLIC_KEY });
    const iss = 'https://partner.example';
    const [own, theirs] = [ISSUER.token({ sid: 's1' }), partner.token({ iss, sid: 's1' })];
    const strangers = [ISSUER.token({ iss }), partner.token(), ISSUER.token({ iss: 'https://other.example' })];
    expect(await statuses(here, [own, theirs, ...strangers])).toEqual([200, 200, 401, 401, 401]);
    expect(await statusOf(here, '/partner/auth/sessions/s1', { method: 'DELETE', token: own })).toBe(401);
    expect(await statusOf(here, '/partner/auth/sessions/s1', { method: 'DELETE', token: theirs })).toBe(204);
    expect(await statuses(here, [own, theirs])).toEqual([200, 401]);
  });
});
