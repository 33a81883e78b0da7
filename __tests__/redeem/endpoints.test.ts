import type { Claims } from 'livetoken';
import { EVERY_STORE } from '../support/every-store.js';
import { REFRESH } from '../support/issuer.js';
import { CLIENTS, closeOAuthApps, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';
import { interruptible, type Interruptible } from './support/interruptible.js';

const { web, api } = CLIENTS;

afterEach(closeOAuthApps);

/** Opaque refresh tokens of an issuer. */
const opaque = new Map<string, Claims>();

describe.each(EVERY_STORE)('the OAuth endpoints on the $name store', ({ open }) => {
  let app: OAuthApp;
  let step: Interruptible;
  beforeEach(async () => {
    step = interruptible((await open()).store);
    const resolveOpaqueToken = async (token: string) => {
      const claims = opaque.get(token);
      return claims && { claims };
    };
    app = await openOAuthApp({ store: step.store, oauth: { resolveOpaqueToken } });
  });

  const kinds: [string, (claims: Claims) => string][] = [
    ['a JWT', claims => app.issuer.sign(claims)],
    [
      'an opaque one',
      claims => {
        opaque.set('canary-opaque', claims);
        return 'canary-opaque';
      },
    ],
  ];

  it.each(kinds)('C41 G83 tell no more of a refresh token that was redeemed than that it is inactive, within its grace, too: %s', async (_, make) => {
    const claims = app.issuer.claims(REFRESH);
    const token = make(claims);
    expect((await app.introspect(web, { token })).body).toMatchObject({ active: true });

    await app.live.redeem(claims, { graceMs: 60_000 });

    const { status, text } = await app.introspect(web, { token });
    expect([status, text]).toEqual([200, '{"active":false}']);
  });

  it.each(kinds)('B21 B31 G84 revoke the whole grant with a refresh token that was redeemed, and answer 200: %s', async (_, make) => {
    const claims = app.issuer.claims(REFRESH);
    const access = app.issuer.token();
    await app.live.redeem(claims);
    expect(await app.accepts(access)).toBe(true);

    expect((await app.revoke(web, { token: make(claims) })).status).toBe(200);

    expect(await app.accepts(access)).toBe(false);
  });

  it('C40 ask of an access token only whether it was revoked', async () => {
    await app.introspect(api, { token: app.issuer.token() });
    expect(step.asked).not.toContain('firstUseMs');
  });

  it('C50 answer 503 where nobody can say whether a refresh token was redeemed', async () => {
    step.before('firstUseMs', () => app.live.close());
    const { status, headers } = await app.introspect(web, { token: app.issuer.token(REFRESH) });
    expect([status, headers['retry-after']]).toEqual([503, '1']);
  });
});
