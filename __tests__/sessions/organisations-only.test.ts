import { claimsPresets, revocationRouter, type Claims, type SessionOptions } from 'livetoken';
import { EVERY_STORE, openMemoryStore } from '../support/every-store.js';
import { bearer, MERCHANT, parentOf, PARTNER, RIVAL } from '../support/organisation-tree.js';
import { closeApps, openApp, usualCallers, type RevocationApp } from '../support/revocation-app.js';
import { bytesOf, sessionError } from '../support/session-answers.js';

/** Where the tokens of each issuer name organisations. Neither maps the claim `organisation`. */
const NAMED = {
  auth0: (organisation: string) => ({ org_id: organisation }),
  keycloak: (organisation: string) => ({ organization: { [organisation]: {} } }),
} as const satisfies Partial<Record<keyof typeof claimsPresets, (organisation: string) => Claims>>;

type Preset = keyof typeof NAMED;

const SESSION = '/sessions/session-1';
const OF_USER = ['/users/alice/sessions', '/users/alice/sessions?oauthTokens=true', '/users/alice/clients/web/tokens'];
const PATHS = [SESSION, ...OF_USER];

const EVERY_PRESET = (['auth0', 'keycloak'] as const).flatMap(preset => [true, false].map(tracking => ({ preset, tracking, what: tracking ? 'tracked' : 'untracked' })));

afterEach(closeApps);

async function appOf(preset: Preset, tracking: boolean, sessions: SessionOptions = {}, open = openMemoryStore): Promise<RevocationApp> {
  return openApp({
    ...{ open, tracking, liveOptions: { claims: claimsPresets[preset] } },
    mount: (app, live) => void app.use(revocationRouter(live, { sessions: { authenticate: usualCallers(live), parentOf, ...sessions } })),
  });
}

const admin = (app: RevocationApp, named: object): string => bearer(app.issuer.token({ sub: 'carol', sid: 'session-9', client_id: 'console', scope: 'admin bankadmin', ...named }));

describe.each(EVERY_STORE)('Where tokens name organisations and none of their own, on the $name store,', ({ open }) => {
  it.each(EVERY_PRESET.flatMap(each => PATHS.map(path => ({ ...each, path }))))(
    'H93 an administrator of one tenant is answered 404 at $path of another one, as for what is not there: $preset, $what',
    async ({ preset, tracking, path }) => {
      const app = await appOf(preset, tracking, {}, open);
      const victim = await app.issue(NAMED[preset]('rival'));
      const unknown = path.replace(/session-1|alice/, 'nobody');

      for (const caller of [MERCHANT, PARTNER, admin(app, NAMED[preset]('shop'))]) {
        const answer = await app.delete(path, caller);
        // Untracked, nobody knows where alice is: what is recorded is of the caller's own organisation, and reaches nobody else.
        const reachesOwn = !tracking && path !== SESSION && caller.startsWith('Basic');
        expect(answer.status).toBe(reachesOwn ? 204 : 404);
        expect(bytesOf(answer)).toEqual(bytesOf(await app.delete(unknown, caller)));
        expect(await app.isLive(victim)).toBe(true);
      }
      expect((await app.history()).filter(({ organisation }) => organisation === undefined || organisation === 'rival')).toEqual([]);
    },
  );
});

describe.each(EVERY_PRESET)('The organisations that a token names, with $preset, $what,', ({ preset, tracking }) => {
  const named = NAMED[preset];

  it.each(OF_USER)('H93 are a way in for who manages them, where organisationsOfUser says so, and no further: %s', async path => {
    const app = await appOf(preset, tracking, { organisationsOfUser: () => ['shop', 'rival'] });
    const [own, other] = [await app.issue(named('shop')), await app.issue(named('rival'))];

    expect((await app.delete(path, MERCHANT)).status).toBe(204);

    expect(await app.aftermath(own, other)).toEqual({ live: [false, true], recorded: 1 });
  });

  it.each(PATHS)('H93 give no authority to the bearer of a token that names them: an administrator by scope has none until mayManage says so (%s)', async path => {
    const mayManage: SessionOptions['mayManage'] = ({ subject }, organisation) => subject === 'carol' && organisation === 'shop';
    const organisationsOfUser = () => ['shop', 'rival'];
    const before = await appOf(preset, tracking, { organisationsOfUser });
    const victim = await before.issue(named('shop'));
    const refused = await before.delete(path, admin(before, named('shop')));
    expect([refused.status, refused.body]).toEqual([404, sessionError(404)]);
    expect(await before.aftermath(victim)).toEqual({ live: [true], recorded: 0 });

    const app = await appOf(preset, tracking, { organisationsOfUser, mayManage });
    const own = await app.issue(named('shop'));
    const isReached = tracking || path !== SESSION;
    expect((await app.delete(path, admin(app, named('shop')))).status).toBe(isReached ? 204 : 404);
    expect(await app.isLive(own)).toBe(!isReached);
  });

  it.each(PATHS)('are no matter of a user in person: %s', async path => {
    const app = await appOf(preset, tracking);
    const own = await app.issue(named('shop'));

    expect((await app.delete(path, bearer(own.token))).status).toBe(204);
    expect(await app.isLive(own)).toBe(false);
  });
});

describe.each(['auth0', 'keycloak'] as const)('With tracking and %s', preset => {
  const named = NAMED[preset];

  it.each(PATHS)('H93 parentOf and mayManage are asked of every organisation that is known: %s', async path => {
    const parents: string[] = [];
    const climbing = await appOf(preset, true, { parentOf: organisation => void parents.push(organisation) });
    await climbing.issue(named('rival'));
    expect((await climbing.delete(path, MERCHANT)).status).toBe(404);
    expect(parents).toEqual(['rival']);

    const asked: string[] = [];
    const deciding = await appOf(preset, true, { mayManage: (_caller, organisation) => asked.push(organisation) < 0 });
    await deciding.issue(named('rival'));
    expect((await deciding.delete(path, MERCHANT)).status).toBe(404);
    expect(asked).toEqual(['rival']);
  });

  it.each(PATHS)('H93 who manages the organisation, or one above it, reaches its users: %s', async path => {
    for (const [caller, organisation] of [[MERCHANT, 'shop'], [PARTNER, 'kiosk'], [RIVAL, 'outlet']] as const) {
      const app = await appOf(preset, true);
      const user = await app.issue(named(organisation));

      expect((await app.delete(path, caller)).status).toBe(204);
      expect(await app.isLive(user)).toBe(false);
    }
  });

  it('H93 a session of a token that names no organisation is for no administrator, whatever mayManage says', async () => {
    const app = await appOf(preset, true, { mayManage: () => true });
    const tokens = [await app.issue(named('shop')), await app.issue()];

    expect((await app.delete(SESSION, MERCHANT)).status).toBe(404);
    expect(await app.aftermath(...tokens)).toEqual({ live: [true, true], recorded: 0 });
  });
});

describe('With tracking and a token that names several organisations', () => {
  const both = { organization: ['shop', 'rival'] };

  it('H93 its session is for whoever manages all of them', async () => {
    const app = await appOf('keycloak', true);
    const token = await app.issue(both);
    for (const caller of [MERCHANT, RIVAL]) expect((await app.delete(SESSION, caller)).status).toBe(404);
    expect(await app.aftermath(token)).toEqual({ live: [true], recorded: 0 });

    const trusting = await appOf('keycloak', true, { mayManage: ({ organisation }, wanted) => organisation === 'shop' && (wanted === 'shop' || wanted === 'rival') });
    const second = await trusting.issue(both);
    expect((await trusting.delete(SESSION, MERCHANT)).status).toBe(204);
    expect(await trusting.isLive(second)).toBe(false);
  });

  it('H93 it ends with the user inside one of them, and what names the others alone lives on', async () => {
    const app = await appOf('keycloak', true);
    const [token, other] = [await app.issue(both), await app.issue({ organization: ['rival'] })];

    expect((await app.delete(OF_USER[0]!, MERCHANT)).status).toBe(204);

    expect((await app.aftermath(token, other)).live).toEqual([false, true]);
    expect((await app.history()).map(({ target }) => target)).toEqual(['member alice in organisation shop, sessions only']);
  });
});

it('H93 An administrator has the organisation of its own token where the mapping says that this is what the claim means', async () => {
  const app = await openApp({
    liveOptions: { claims: { ...claimsPresets.auth0, organisation: 'org_id' } },
    mount: (root, live) => void root.use(revocationRouter(live, { sessions: { authenticate: usualCallers(live), parentOf } })),
  });
  const [own, other] = [await app.issue(NAMED.auth0('shop')), await app.issue({ ...NAMED.auth0('rival'), sub: 'bob', sid: 'session-2' })];
  const caller = admin(app, NAMED.auth0('shop'));

  expect((await app.delete('/users/alice/sessions', caller)).status).toBe(204);
  for (const path of ['/users/bob/sessions', '/sessions/session-2']) expect((await app.delete(path, caller)).status).toBe(404);
  expect((await app.aftermath(own, other)).live).toEqual([false, true]);
});
