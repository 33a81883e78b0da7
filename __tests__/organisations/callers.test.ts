import { CALLERS, UNKNOWN_CALLERS } from '../support/callers.js';
import { EVERY_STORE } from '../support/every-store.js';
import { closeApps, openApp } from '../support/revocation-app.js';

/** All aim at a token of alice in the shop. */
const ENDPOINTS = {
  O1: '/organisations/shop/tokens/revoke',
  O2: '/organisations/shop/tokens/victim/revoke',
  users: '/organisations/shop/users/alice/tokens/revoke',
  T1: '/tokens/revoke',
  T2: '/tokens/victim/revoke',
} as const;

type Name = keyof typeof ENDPOINTS;
const NAMES = Object.keys(ENDPOINTS) as Name[];

/** `own`: 200, but what it revoked was the caller's own, and the token in the shop lives. */
type Outcome = 200 | 'own' | 403 | 404;

const NAMING_FORBIDDEN = { O1: 403, O2: 403, users: 403 } as const;
const OUTSIDER = { ...NAMING_FORBIDDEN, T1: 'own', T2: 404 } as const;
const PARTNER_OF_THE_SHOP = { O1: 200, O2: 200, users: 200, T1: 'own', T2: 404 } as const;
const MERCHANT_OF_THE_SHOP = { ...NAMING_FORBIDDEN, T1: 200, T2: 200 } as const;
const NO_AUTHORITY = { ...NAMING_FORBIDDEN, T1: 403, T2: 403 } as const;

const EXPECTED: Readonly<Record<keyof typeof CALLERS, Readonly<Record<Name, Outcome>>>> = {
  'the partner': PARTNER_OF_THE_SHOP,
  'the merchant': MERCHANT_OF_THE_SHOP,
  'the rival partner': OUTSIDER,
  'the merchant of the rival': OUTSIDER,
  'a user of the shop': NO_AUTHORITY,
  'a user with scopes that resemble the right ones': NO_AUTHORITY,
  'an admin of the shop': MERCHANT_OF_THE_SHOP,
  'an admin of the bank': OUTSIDER,
  'an admin of the rival': OUTSIDER,
  'a bankadmin of the bank': PARTNER_OF_THE_SHOP,
  'a bankadmin of the bank with scopes in an array': PARTNER_OF_THE_SHOP,
  'a bankadmin of the shop': { O1: 200, O2: 200, users: 200, T1: 200, T2: 200 },
  'a bankadmin of the stall': OUTSIDER,
  'a bankadmin of the kiosk': OUTSIDER,
  'a bankadmin of the rival': OUTSIDER,
};

const KNOWN = Object.entries(CALLERS).flatMap(([who, caller]) =>
  NAMES.map(name => ({ who, caller: caller, name, outcome: EXPECTED[who as keyof typeof CALLERS][name] })),
);

const UNKNOWN = Object.entries(UNKNOWN_CALLERS).flatMap(([who, caller]) => NAMES.map(name => ({ who, caller, name })));

const CHALLENGE = 'Basic realm="organisations", charset="UTF-8", Bearer realm="organisations"';

const UNAUTHORIZED = errorBody('401', 'unauthorized', 'Authenticate with an API key (HTTP Basic) or a live access token (Bearer)');

function errorBody(returnCode: string, code: string, description: string, field: string | null = null) {
  return { returnCode, returnDescription: description, details: [{ code, description, field, resourceUri: null }] };
}

afterEach(closeApps);

describe.each(EVERY_STORE)('Who may call the organisation endpoints, on the $name store', ({ open }) => {
  it.each(KNOWN)('I95 I102 $who at $name: $outcome', async ({ caller, name, outcome }) => {
    const app = await openApp({ open });
    const victim = await app.issue({ jti: 'victim' });
    const header = await caller(app);

    const { status } = await app.post(ENDPOINTS[name], header);

    expect(status).toBe(outcome === 'own' ? 200 : outcome);
    const revoked = outcome === 200;
    expect(await app.aftermath(victim)).toEqual({ live: [!revoked], recorded: revoked || outcome === 'own' ? 1 : 0 });
    expect((await app.live.find('victim', 'shop'))?.revokedAt === undefined).toBe(!revoked);
  });
});

describe('Whom the organisation endpoints do not know', () => {
  it.each(UNKNOWN)('I96 $who at $name: 401 with a challenge, and nothing is changed', async ({ caller, name }) => {
    const app = await openApp();
    const victim = await app.issue({ jti: 'victim' });
    const header = await caller(app);
    const before = await app.aftermath(victim);

    const { status, body, headers } = await app.post(ENDPOINTS[name], header);

    expect({ status, body, challenge: headers['www-authenticate'] }).toEqual({ status: 401, body: UNAUTHORIZED, challenge: CHALLENGE });
    expect(await app.aftermath(victim)).toEqual(before);
    expect(before.live).toEqual([true]);
  });

  it('I96 an unknown key is answered with the same bytes as a wrong secret', async () => {
    const app = await openApp();
    const answers = [];
    for (const who of ['an unknown key', 'the partner with a wrong secret']) {
      const { status, text, headers } = await app.post(ENDPOINTS.O1, await UNKNOWN_CALLERS[who]!(app));
      const { date: _date, ...others } = headers as Record<string, string>;
      answers.push({ status, text, others });
    }

    expect(answers[0]).toEqual(answers[1]);
  });

  it.each([
    ['O1 by a merchant', ENDPOINTS.O1, CALLERS['the merchant'], errorBody('403', 'forbidden', 'The caller may not revoke there')],
    ['O1 by a rival', ENDPOINTS.O1, CALLERS['the rival partner'], errorBody('403', 'forbidden', 'The caller may not revoke there', 'encodedOrganisationId')],
    ['T1 by a user', ENDPOINTS.T1, CALLERS['a user of the shop'], errorBody('403', 'forbidden', 'The caller may not revoke there')],
    ['T2 by a rival', ENDPOINTS.T2, CALLERS['the rival partner'], errorBody('404', 'not_found', 'There is no such organisation, user or token', 'tokenId')],
  ])('I101 %s is answered in the shape of that API, not in the OAuth one', async (_, path, caller, expected) => {
    const app = await openApp();

    const { status, body, type } = await app.post(path, await caller(app));

    expect({ status: String(status), body, type }).toEqual({ status: expected.returnCode, body: expected, type: 'application/json' });
    expect(body).not.toHaveProperty('error');
  });
});
