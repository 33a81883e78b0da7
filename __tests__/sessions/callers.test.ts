import { CALLERS, UNKNOWN_CALLERS, userOf, type CallerOf } from '../support/callers.js';
import { EVERY_STORE } from '../support/every-store.js';
import { closeApps, openApp } from '../support/revocation-app.js';
import { sessionError } from '../support/session-answers.js';

/** All aim at a token of alice in the shop. */
const ENDPOINTS = {
  session: '/sessions/session-1',
  sessions: '/users/alice/sessions',
  clients: '/users/alice/clients/web/tokens',
} as const;

type Name = keyof typeof ENDPOINTS;
const NAMES = Object.keys(ENDPOINTS) as Name[];
type Expected = Readonly<Record<Name, 204 | 403 | 404>>;

const MAY: Expected = { session: 204, sessions: 204, clients: 204 };
/** A user learns nothing of other people's sessions, and that other users are none of its business. */
const ANOTHER_USER: Expected = { session: 404, sessions: 403, clients: 403 };
/** An administrator of other organisations learns not even that there is such a user. */
const OUTSIDER: Expected = { session: 404, sessions: 404, clients: 404 };

const ALICE: readonly (readonly [string, CallerOf, Expected])[] = [
  ['alice herself, in that session', userOf('shop', 'orders:read', { sub: 'alice', sid: 'session-1', client_id: 'mobile' }), MAY],
  ['alice herself, in another session', userOf('shop', 'orders:read', { sub: 'alice', sid: 'session-2', client_id: 'mobile' }), MAY],
  ['alice herself, in no session', userOf('shop', '', { sub: 'alice', sid: undefined, client_id: 'mobile' }), MAY],
];

const EXPECTED: Readonly<Record<keyof typeof CALLERS, Expected>> = {
  'the partner': MAY,
  'the merchant': MAY,
  'the rival partner': OUTSIDER,
  'the merchant of the rival': OUTSIDER,
  'a user of the shop': ANOTHER_USER,
  'a user with scopes that resemble the right ones': ANOTHER_USER,
  'an admin of the shop': MAY,
  'an admin of the bank': MAY,
  'an admin of the rival': OUTSIDER,
  'a bankadmin of the bank': MAY,
  'a bankadmin of the bank with scopes in an array': MAY,
  'a bankadmin of the shop': MAY,
  'a bankadmin of the stall': OUTSIDER,
  'a bankadmin of the kiosk': OUTSIDER,
  'a bankadmin of the rival': OUTSIDER,
};

const OTHERS = Object.entries(CALLERS).map(([who, caller]) => [who, caller, EXPECTED[who as keyof typeof CALLERS]] as const);
const KNOWN = [...ALICE, ...OTHERS].flatMap(([who, caller, expected]) => NAMES.map(name => ({ who, caller, name, status: expected[name] })));
const UNKNOWN = Object.entries(UNKNOWN_CALLERS).flatMap(([who, caller]) => NAMES.map(name => ({ who, caller, name })));

const NO_IDEA = {
  403: sessionError(403),
  404: sessionError(404),
};

afterEach(closeApps);

describe.each(EVERY_STORE)('Who may call the session endpoints, on the $name store', ({ open }) => {
  it.each(KNOWN)('H89 H93 $who at $name: $status', async ({ caller, name, status }) => {
    const app = await openApp({ open });
    const victim = await app.issue();

    const answer = await app.delete(ENDPOINTS[name], await caller(app));

    expect({ status: answer.status, body: answer.body }).toEqual({ status, body: status === 204 ? {} : NO_IDEA[status] });
    const ended = status === 204;
    expect(await app.aftermath(victim)).toEqual({ live: [!ended], recorded: ended ? 1 : 0 });
    expect((await app.live.list({ kind: 'session', id: 'session-1' })).items.length).toBe(ended ? 0 : 1);
  });
});

describe('Whom the session endpoints do not know', () => {
  it.each(UNKNOWN)('H89 $who at $name: 401 with a challenge, and nothing is changed', async ({ caller, name }) => {
    const app = await openApp();
    const victim = await app.issue();
    const header = await caller(app);
    const before = await app.aftermath(victim);

    const { status, body, type, headers } = await app.delete(ENDPOINTS[name], header);

    expect({ status, body, type }).toEqual({ status: 401, body: sessionError(401), type: 'application/json' });
    expect(headers['www-authenticate']).toBe('Bearer realm="sessions"');
    expect(await app.aftermath(victim)).toEqual(before);
    expect(before.live).toEqual([true]);
  });

  it.each(NAMES)('H89 a caller of %s whom the call itself has revoked is refused when it calls again', async name => {
    const app = await openApp();
    const caller = await app.issue();
    const header = `Bearer ${caller.token}`;

    expect((await app.delete(ENDPOINTS[name], header)).status).toBe(204);
    expect((await app.delete(ENDPOINTS[name], header)).status).toBe(401);
  });
});
