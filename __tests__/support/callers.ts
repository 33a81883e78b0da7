import { createIssuer, REFRESH } from './issuer.js';
import { basic, bearer, MERCHANT, OUTLET, PARTNER, RIVAL } from './organisation-tree.js';
import type { RevocationApp } from './revocation-app.js';

/** The Authorization header of a caller; `undefined` sends none. */
export type CallerOf = (app: RevocationApp) => Promise<string | undefined>;

const always = (header: string | undefined): CallerOf => async () => header;

/** A user of an organisation, with scopes. Overrides may spoil the token. */
export function userOf(org: string, scope: string, overrides: Readonly<Record<string, unknown>> = {}): CallerOf {
  const claims = { org, scope, sub: `user-of-${org}`, sid: `session-in-${org}`, grant_id: `grant-in-${org}`, ...overrides };
  return async ({ issuer }) => bearer(issuer.token(claims));
}

async function revokedBankAdmin({ issuer, live }: RevocationApp): Promise<string> {
  const token = issuer.token({ org: 'bank', scope: 'bankadmin' });
  await live.revoke(token);
  return bearer(token);
}

const nowS = Math.floor(Date.now() / 1000);

/** Nobody whom an endpoint knows: 401 everywhere. All but the first two would otherwise have the highest authority. */
export const UNKNOWN_CALLERS: Readonly<Record<string, CallerOf>> = {
  'nobody': always(undefined),
  'an unknown key': always(basic('no-such-key', 'partner-secret')),
  'the partner with a wrong secret': always(basic('partner-key', 'partner-secreT')),
  'the partner with an empty secret': always(basic('partner-key', '')),
  'the partner with the secret of another key': always(basic('partner-key', 'rival-secret')),
  'an empty Basic': always('Basic'),
  'an empty Bearer': always('Bearer'),
  'garbage for a token': always(bearer('garbage')),
  'a bankadmin whose token was revoked': revokedBankAdmin,
  'a bankadmin whose token has expired': userOf('bank', 'bankadmin', { iat: nowS - 600, exp: nowS - 60 }),
  'a bankadmin whose token is not valid yet': userOf('bank', 'bankadmin', { nbf: nowS + 600 }),
  'a bankadmin with a refresh token': userOf('bank', 'bankadmin', REFRESH),
  'a bankadmin with an ID token': userOf('bank', 'bankadmin', { nonce: 'n' }),
  'a bankadmin with a token bound to a key': userOf('bank', 'bankadmin', { cnf: { jkt: 'thumbprint' } }),
  'a bankadmin of an issuer that we do not know': async () => bearer(createIssuer().token({ org: 'bank', scope: 'bankadmin' })),
  'a bankadmin without an organisation': userOf('bank', 'bankadmin', { org: undefined }),
  'a bankadmin whose token could not be revoked': userOf('bank', 'bankadmin', { jti: undefined }),
};

/** Keys and tokens that an endpoint knows, and what they may. */
export const CALLERS = {
  'the partner': always(PARTNER),
  'the merchant': always(MERCHANT),
  'the rival partner': always(RIVAL),
  'the merchant of the rival': always(OUTLET),
  'a user of the shop': userOf('shop', 'orders:read'),
  'a user with scopes that resemble the right ones': userOf('bank', 'Bankadmin bankadmins admin: ADMIN administrator'),
  'an admin of the shop': userOf('shop', 'orders:read admin'),
  'an admin of the bank': userOf('bank', 'admin'),
  'an admin of the rival': userOf('rival', 'admin'),
  'a bankadmin of the bank': userOf('bank', 'bankadmin'),
  'a bankadmin of the bank with scopes in an array': userOf('bank', '', { scope: undefined, scp: ['orders:read', 'bankadmin'] }),
  'a bankadmin of the shop': userOf('shop', 'admin bankadmin'),
  'a bankadmin of the stall': userOf('stall', 'bankadmin'),
  'a bankadmin of the kiosk': userOf('kiosk', 'bankadmin'),
  'a bankadmin of the rival': userOf('rival', 'bankadmin'),
} as const satisfies Readonly<Record<string, CallerOf>>;
