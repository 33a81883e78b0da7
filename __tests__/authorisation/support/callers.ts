import request, { type Test } from 'supertest';
import type { OAuthClient } from 'livetoken';
import { userOf, UNKNOWN_CALLERS } from '../../support/callers.js';
import { createIssuer, REFRESH } from '../../support/issuer.js';
import { basic, bearer, MERCHANT, OUTLET, PARTNER, RIVAL } from '../../support/organisation-tree.js';
import type { RevocationApp } from '../../support/revocation-app.js';

export const CLIENTS: readonly OAuthClient[] = [
  { id: 'web', secret: 'web-secret' },
  { id: 'mobile', secret: 'mobile-secret' },
  { id: 'spa', public: true },
  { id: 'api', secret: 'api-secret', mayIntrospect: true },
  { id: 'billing', secret: 'billing-secret', mayIntrospect: true, audience: 'https://billing.test' },
];

/** How somebody calls: an Authorization header, or a client_id in the form for whoever has nothing else. */
export interface Calling {
  readonly header?: string;
  readonly clientId?: string;
  /** What the audit log calls it. */
  readonly actor?: string;
}

export interface Caller {
  /** Before anything is counted: what it needs may have to be revoked first. */
  prepare(app: RevocationApp, tokenOf: (name: string) => string): Promise<Calling>;
}

const fixed = (calling: Calling): Caller => ({ prepare: async () => calling });
const user = (org: string, scope: string, overrides?: Readonly<Record<string, unknown>>): Caller => ({
  prepare: async app => ({ header: (await userOf(org, scope, overrides)(app))!, actor: `user user-of-${org}` }),
});
const unknown = (who: keyof typeof UNKNOWN_CALLERS): Caller => ({
  prepare: async app => {
    const header = await UNKNOWN_CALLERS[who]!(app);
    return header === undefined ? {} : { header };
  },
});
const holderOf = (name: string, sub: string): Caller => ({
  prepare: async (_app, tokenOf) => ({ header: bearer(tokenOf(name)), actor: `user ${sub}` }),
});

const nowS = Math.floor(Date.now() / 1000);

/** Those who would have the highest authority, if what they show were any good, are named after it. */
export const CALLERS: Readonly<Record<string, Caller>> = {
  'nobody': unknown('nobody'),
  'client web, wrong secret': fixed({ header: basic('web', 'web-secreT') }),
  'client web, no secret': fixed({ clientId: 'web' }),
  'partner, wrong secret': unknown('the partner with a wrong secret'),
  "partner, merchant's secret": fixed({ header: basic('partner-key', 'merchant-secret') }),
  'alice with her own token': holderOf('victim', 'alice'),
  'bob, a colleague': holderOf('colleague', 'bob'),
  'frank of the rival': holderOf('rival', 'frank'),
  'client web, whose token it is': fixed({ header: basic('web', 'web-secret'), actor: 'client web' }),
  'client mobile': fixed({ header: basic('mobile', 'mobile-secret'), actor: 'client mobile' }),
  'public client spa': fixed({ clientId: 'spa', actor: 'client spa' }),
  'resource server': fixed({ header: basic('api', 'api-secret'), actor: 'client api' }),
  'resource server of another API': fixed({ header: basic('billing', 'billing-secret'), actor: 'client billing' }),
  'bearer, scope introspect': user('kiosk', 'introspect'),
  'merchant, API key': fixed({ header: MERCHANT, actor: 'key merchant-key' }),
  'other merchant, API key': fixed({ header: OUTLET, actor: 'key outlet-key' }),
  'merchant, bearer admin': user('shop', 'admin'),
  'other merchant, bearer admin': user('kiosk', 'admin'),
  'parent, bearer admin': user('bank', 'admin'),
  'child, bearer admin': user('stall', 'admin'),
  'partner, API key': fixed({ header: PARTNER, actor: 'key partner-key' }),
  'partner of another group': fixed({ header: RIVAL, actor: 'key rival-key' }),
  'bearer bankadmin, bank': user('bank', 'bankadmin'),
  'bearer bankadmin, shop': user('shop', 'bankadmin'),
  'bearer bankadmin, stall': user('stall', 'bankadmin'),
  'bearer bankadmin, rival': user('rival', 'bankadmin'),
  'bankadmin, token revoked': unknown('a bankadmin whose token was revoked'),
  'bankadmin, token expired': user('bank', 'bankadmin introspect', { iat: nowS - 600, exp: nowS - 60 }),
  'bankadmin, refresh token': user('bank', 'bankadmin introspect', REFRESH),
  'bankadmin, ID token': user('bank', 'bankadmin introspect', { nonce: 'n' }),
  'bankadmin, token bound to a key': user('bank', 'bankadmin introspect', { cnf: { jkt: 'thumbprint' } }),
  'bankadmin of a foreign issuer': {
    prepare: async () => ({ header: bearer(createIssuer().token({ org: 'bank', scope: 'bankadmin introspect' })) }),
  },
};

/** What a caller sends, with the victim's token where the endpoint takes one. */
export function send(app: RevocationApp, { header, clientId }: Calling, method: string, path: string, token: string): Test {
  const asked = method === 'DELETE' ? request(app.server).delete(path) : method === 'GET' ? request(app.server).get(path) : request(app.server).post(path);
  if (header !== undefined) asked.set('Authorization', header);
  const takesToken = path === '/revoke' || path === '/introspect';
  if (takesToken) asked.type('form').send({ token, ...(clientId !== undefined && { client_id: clientId }) });
  else if (clientId !== undefined) asked.query({ client_id: clientId });
  return asked;
}
