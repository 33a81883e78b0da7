import { apiKeyCallers, revocationRouter, type ApiKey, type Authenticate, type Caller } from 'livetoken';
import { sendRaw } from '../support/send-raw.js';
import { basic } from '../support/organisation-tree.js';
import { closeApps, openApp } from '../support/revocation-app.js';

/** What a database, a typing error or a later version of an application may have in place of a level. */
const LEVELS: readonly unknown[] = [undefined, null, '', 'readonly', 'Merchant', 'PARTNER', 'admin', 'partner ', true, 1, ['partner'], { level: 'partner' }];

const CALLER = basic('the-key', 'the-secret');

const AUTHENTICATES: Readonly<Record<string, (level: unknown) => Authenticate>> = {
  'a function given to apiKeyCallers': level => apiKeyCallers(() => ({ id: 'the-key', secret: 'the-secret', organisation: 'shop', level }) as ApiKey),
  'an authenticate of the application': level => async () => ({ actor: 'key the-key', organisation: 'shop', level }) as Caller,
};

const CASES = Object.entries(AUTHENTICATES).flatMap(([from, make]) => LEVELS.map(level => ({ from, level, authenticate: make(level) })));

const ORGANISATIONS = ['/tokens/revoke', '/tokens/the-id/revoke', '/organisations/shop/tokens/revoke', '/organisations/shop/tokens/the-id/revoke', '/organisations/shop/users/alice/tokens/revoke'];
const LISTS = ['/revocations', '/organisations/shop/revocations'];
const SESSIONS = [['/sessions/session-1', 404], ['/users/alice/sessions', 403], ['/users/alice/clients/web/tokens', 403]] as const;

afterEach(closeApps);

describe.each(CASES)('A caller whose level is %# of $from: $level', ({ authenticate }) => {
  it('has no authority, whatever mayManage says: nothing is revoked, and nothing shown', async () => {
    const shared = { authenticate, mayManage: () => true };
    const app = await openApp({ organisations: shared, sessions: shared });
    const victim = await app.issue({ jti: 'the-id' });

    for (const path of ORGANISATIONS) expect([path, (await app.post(path, CALLER)).status]).toEqual([path, 403]);
    for (const path of LISTS) expect([path, (await sendRaw(app.server, 'GET', path, { authorization: CALLER })).status]).toEqual([path, 403]);
    for (const [path, status] of SESSIONS) expect([path, (await app.delete(path, CALLER)).status]).toEqual([path, status]);

    expect(await app.aftermath(victim)).toEqual({ live: [true], recorded: 0 });
  });

  it('has none with a single tenant either, tracked or not', async () => {
    for (const tracking of [true, false]) {
      const app = await openApp({
        ...{ tracking, liveOptions: { claims: {} } },
        mount: (root, live) => void root.use(revocationRouter(live, { sessions: { authenticate } })),
      });
      const victim = await app.issue();

      for (const [path, status] of SESSIONS) expect([path, (await app.delete(path, CALLER)).status]).toEqual([path, status]);

      expect(await app.aftermath(victim)).toEqual({ live: [true], recorded: 0 });
    }
  });
});

it.each(['partner', 'merchant'] as const)('A caller whose level is %s has it', async level => {
  const app = await openApp({ sessions: { authenticate: AUTHENTICATES['an authenticate of the application']!(level) } });
  const victim = await app.issue();

  expect((await app.delete('/users/alice/sessions', CALLER)).status).toBe(204);
  expect(await app.isLive(victim)).toBe(false);
});
