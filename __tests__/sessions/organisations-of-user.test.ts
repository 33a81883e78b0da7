import type { SessionOptions } from 'livetoken';
import { userOf } from '../support/callers.js';
import { MERCHANT, PARTNER, RIVAL } from '../support/organisation-tree.js';
import { closeApps, mountSessions, openApp, type RevocationAppOptions } from '../support/revocation-app.js';
import { sessionError } from '../support/session-answers.js';

const PATHS = ['/users/alice/sessions', '/users/alice/sessions?oauthTokens=true', '/users/alice/clients/web/tokens'];

afterEach(closeApps);

/** Issues one token of alice in each of three organisations, asks for an end of them, and says where they live on. */
async function livingAfter(path: string, caller: string, options: RevocationAppOptions) {
  const app = await openApp(options);
  const issued = await Promise.all(['shop', 'kiosk', 'rival'].map(async org => ({ org, token: await app.issue({ org }) })));
  const { status, body } = await app.delete(path, caller);
  const { live } = await app.aftermath(...issued.map(({ token }) => token));
  return { status, body, living: issued.filter((_, i) => live[i]).map(({ org }) => org), recorded: (await app.history()).length };
}

describe.each(PATHS)('The organisations of a user, at %s', path => {
  it.each([true, false])('H93 are what organisationsOfUser says, as far as the caller manages them (tracking %p)', async tracking => {
    const asked: string[] = [];
    const organisationsOfUser = async (userId: string) => {
      asked.push(userId);
      return ['shop', 'rival', 'kiosk'];
    };

    const result = await livingAfter(path, PARTNER, { tracking, sessions: { organisationsOfUser } });

    expect(result).toMatchObject({ status: 204, living: ['rival'], recorded: 2 });
    expect(asked).toEqual(['alice']);
  });

  it('H93 are not those of tracked tokens where organisationsOfUser says otherwise', async () => {
    expect(await livingAfter(path, PARTNER, { sessions: { organisationsOfUser: () => ['kiosk'] } })).toMatchObject({ status: 204, living: ['shop', 'rival'] });
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['none', []],
    ["only others", ['rival', 'outlet', 'nowhere']],
  ])('H93 a user for whom organisationsOfUser says %s is unknown: 404', async (_, organisations) => {
    const sessions = { organisationsOfUser: () => organisations as string[] };

    expect(await livingAfter(path, PARTNER, { sessions })).toEqual({
      status: 404,
      body: sessionError(404),
      living: ['shop', 'kiosk', 'rival'],
      recorded: 0,
    });
  });

  it('H93 are, untracked, taken to be the one of the caller: its revocation reaches no further', async () => {
    expect(await livingAfter(path, MERCHANT, { tracking: false })).toMatchObject({ status: 204, living: ['kiosk', 'rival'], recorded: 1 });
    expect(await livingAfter(path, RIVAL, { tracking: false })).toMatchObject({ status: 204, living: ['shop', 'kiosk'], recorded: 1 });
    expect(await livingAfter(path, PARTNER, { tracking: false })).toMatchObject({ status: 204, living: ['shop', 'kiosk', 'rival'], recorded: 1 });
  });

  it('H93 untracked, a caller without an organisation reaches nobody: 404', async () => {
    const sessions = { authenticate: async () => ({ actor: 'key root', level: 'partner' }) as const };

    expect(await livingAfter(path, '', { tracking: false, sessions })).toMatchObject({ status: 404, living: ['shop', 'kiosk', 'rival'], recorded: 0 });
  });

  it.each([
    ['tracked', true],
    ['untracked', false],
  ])('H93 do not matter with a single tenant, %s: an administrator reaches every user, and a user itself alone', async (_, tracking) => {
    const app = await openApp({ tracking, liveOptions: { claims: {} }, mount: mountSessions });
    const victim = await app.issue();

    expect((await app.delete(path, await userOf('shop', 'orders:read')(app))).status).toBe(403);
    expect(await app.isLive(victim)).toBe(true);
    expect((await app.delete(path, await userOf('shop', 'admin')(app))).status).toBe(204);
    expect(await app.isLive(victim)).toBe(false);
  });
});

const failing = () => {
  throw new Error('hook');
};
const failingWithStatus = async () => {
  throw Object.assign(new Error('hook'), { status: 404 });
};

describe('Hooks of the application', () => {
  const hooks: [string, SessionOptions][] = [
    ['an organisationsOfUser that throws', { organisationsOfUser: failing }],
    ['an organisationsOfUser that rejects', { organisationsOfUser: async () => failing() }],
    ['an organisationsOfUser that rejects with a status', { organisationsOfUser: failingWithStatus }],
    ['a parentOf that throws', { parentOf: failing }],
    ['a parentOf that rejects with a status', { parentOf: failingWithStatus }],
    ['a mayManage that throws', { mayManage: failing }],
    ['a mayManage that rejects with a status', { mayManage: failingWithStatus }],
    ['an authenticate that throws', { authenticate: failing }],
    ['an authenticate that rejects with a status', { authenticate: failingWithStatus }],
  ];
  const endpoints = [...PATHS, '/sessions/session-1'];
  // Whose a session is, its tokens say.
  const askedBy = (hook: SessionOptions) => (hook.organisationsOfUser === undefined ? endpoints : PATHS);

  it.each(hooks.flatMap(([what, hook]) => askedBy(hook).map(path => [what, path, hook] as const)))(
    "H89 %s is for the application's error handler, and gives no authority: %s",
    async (_, path, sessions) => {
      expect(await livingAfter(path, PARTNER, { sessions })).toEqual({
        status: 500,
        body: { handledBy: 'the application', message: 'hook' },
        living: ['shop', 'kiosk', 'rival'],
        recorded: 0,
      });
    },
  );

  it.each(PATHS)('H93 mayManage decides in place of the hierarchy: %s', async path => {
    const sessions = { mayManage: (_caller: unknown, organisation: string) => organisation === 'rival' };

    expect(await livingAfter(path, PARTNER, { sessions })).toMatchObject({ status: 204, living: ['shop', 'kiosk'], recorded: 1 });
    expect(await livingAfter(path, PARTNER, { sessions: { mayManage: () => false } })).toMatchObject({ status: 404, recorded: 0 });
  });

  it.each([[1], ['yes'], [{ allowed: false }]])('H93 mayManage gives authority with true and with nothing else: not with %p', async answer => {
    const sessions = { mayManage: () => answer as unknown as boolean };

    for (const path of endpoints) expect(await livingAfter(path, PARTNER, { sessions })).toMatchObject({ status: 404, recorded: 0 });
  });

  it('H93 a mayManage that says no takes nobody the end of their own sessions', async () => {
    const app = await openApp({ sessions: { mayManage: () => false } });
    const own = await app.issue();

    expect((await app.delete(PATHS[0]!, `Bearer ${own.token}`)).status).toBe(204);
    expect(await app.isLive(own)).toBe(false);
  });
});
