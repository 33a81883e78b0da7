import { bearerCallers, revocationRouter, type BearerCallersOptions, type LiveTokensOptions } from 'livetoken';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { EVERY_STORE, openMemoryStore, type OpenStore } from '../support/every-store.js';
import { liveTokens } from '../support/guarded-api.js';
import { createIssuer, REFRESH } from '../support/issuer.js';
import { killableStore } from '../support/killable-store.js';
import { basic, bearer, MERCHANT } from '../support/organisation-tree.js';
import { closeApps, openApp } from '../support/revocation-app.js';
import { hangUp, whoIsCalling } from './support/who-is-calling.js';

const stores: OpenStore[] = [];

afterEach(async () => {
  hangUp();
  await closeApps();
  for (const { close } of stores.splice(0)) await close();
});

interface Given {
  readonly open?: () => Promise<OpenStore>;
  readonly options?: BearerCallersOptions;
  readonly liveOptions?: Partial<LiveTokensOptions>;
  readonly express?: (typeof EVERY_EXPRESS)[number]['express'];
}

async function callers({ open = openMemoryStore, options, liveOptions, express }: Given = {}) {
  const opened = await open();
  stores.push(opened);
  const issuer = createIssuer();
  const live = liveTokens(opened.store, issuer, liveOptions);
  const { ask } = await whoIsCalling(bearerCallers(live, options), express);
  return { live, issuer, ask, as: async (overrides?: Readonly<Record<string, unknown>>) => ask(`Bearer ${issuer.token(overrides)}`) };
}

const ALICE = { actor: 'user alice', level: 'user', organisation: 'org-a', subject: 'alice', session: 'session-1' };

describe.each(EVERY_STORE)('Callers by access token, on the $name store', ({ open }) => {
  it('I95 are the user, in the organisation and session of the token', async () => {
    const { as } = await callers({ open });

    expect(await as()).toEqual(ALICE);
  });

  it('I95 must be live: refused once the token, or anything that it falls under, was revoked', async () => {
    const { ask, issuer, live } = await callers({ open });
    const token = issuer.token();
    expect(await ask(`Bearer ${token}`)).toEqual(ALICE);

    await live.revoke({ kind: 'subject', id: 'alice' });

    expect(await ask(`Bearer ${token}`)).toBe('refused');
  });
});

describe('The level of a caller by access token', () => {
  it.each([
    ['bankadmin', 'partner'],
    ['orders:read bankadmin admin', 'partner'],
    ['admin', 'merchant'],
    ['orders:read admin', 'merchant'],
    ['orders:read', 'user'],
    ['', 'user'],
    [undefined, 'user'],
    ['administrator', 'user'],
    ['xbankadmin bankadminx bank-admin', 'user'],
    ['ADMIN Bankadmin', 'user'],
    ['admin,bankadmin', 'user'],
    [['orders:read', 'admin'], 'merchant'],
    [['orders:read admin'], 'user'],
    [{ admin: true }, 'user'],
    [true, 'user'],
    [null, 'user'],
  ])('I95 is, with the scope %j, %s', async (scope, level) => {
    const { as } = await callers();

    expect(await as({ scope })).toEqual({ ...ALICE, level });
  });

  it('I95 has scopes of the application\'s choice, and then no others', async () => {
    const { as } = await callers({ options: { partnerScope: 'tokens:revoke:any', merchantScope: 'tokens:revoke' } });

    expect(await as({ scope: 'tokens:revoke:any' })).toMatchObject({ level: 'partner' });
    expect(await as({ scope: 'tokens:revoke' })).toMatchObject({ level: 'merchant' });
    expect(await as({ scope: 'bankadmin admin' })).toMatchObject({ level: 'user' });
  });
});

describe('What a caller by access token is called', () => {
  it.each([
    ['a client, by a token without a subject', { sub: undefined }, { actor: 'client web', organisation: 'org-a', session: 'session-1' }],
    ['unknown, by a token that names neither', { sub: undefined, client_id: undefined }, { actor: 'client unknown', organisation: 'org-a', session: 'session-1' }],
    ['without a session, by a token that has none', { sid: undefined }, { actor: 'user alice', organisation: 'org-a', subject: 'alice' }],
  ])('I95 %s', async (_, overrides, caller) => {
    const { as } = await callers();

    expect(await as(overrides)).toEqual({ ...caller, level: 'user' });
  });

  it('I95 has no organisation with a single tenant', async () => {
    const { as } = await callers({ liveOptions: { claims: {} } });

    expect(await as()).toEqual({ actor: 'user alice', level: 'user', subject: 'alice', session: 'session-1' });
  });
});

describe('Tokens that make nobody a caller', () => {
  const nowS = Math.floor(Date.now() / 1000);

  it.each([
    ['an expired one', { iat: nowS - 600, exp: nowS - 60 }],
    ['one that is not valid yet', { nbf: nowS + 600 }],
    ['one from the future', { iat: nowS + 300, exp: nowS + 600 }],
    ['one that lives too long', { exp: nowS + 7200 }],
    ['a refresh token', REFRESH],
    ['an ID token', { nonce: 'n' }],
    ['a logout token', { events: {} }],
    ['one bound to a key', { cnf: { jkt: 'thumbprint' } }],
    ['one without a jti', { jti: undefined }],
    ['one without an organisation', { org: undefined }],
    ['one of another issuer', { iss: 'https://elsewhere.test' }],
    ['one for another audience', { aud: 'https://elsewhere.test' }],
  ])('I96 %s is refused', async (_, overrides) => {
    const { as } = await callers();

    expect(await as({ scope: 'bankadmin', ...overrides })).toBe('refused');
  });

  it('I96 one of an issuer with another key is refused', async () => {
    const { ask } = await callers();

    expect(await ask(`Bearer ${createIssuer().token({ scope: 'bankadmin' })}`)).toBe('refused');
  });

  it.each(['Bearer', 'Bearer ', 'Bearer a b', 'Bearer "abc"', 'Bearer abc,def', 'Bearer garbage'])('I96 "%s" is refused', async header => {
    const { ask } = await callers();

    expect(await ask(header)).toBe('refused');
  });

  it('I96 more than one is refused, were they the same, whatever the way', async () => {
    const { ask, issuer } = await callers();
    const token = issuer.token();

    expect(await ask({ authorization: [`Bearer ${token}`, `Bearer ${token}`] })).toBe('refused');
    expect(await ask({ authorization: [`Bearer ${token}`, basic('k', 's')] })).toBe('refused');
    expect(await ask(`Bearer ${token}`, `/?access_token=${token}`)).toBe('refused');
  });

  it('I96 one in the query is none', async () => {
    const { ask, issuer } = await callers();

    expect(await ask({}, `/?access_token=${issuer.token()}`)).toBe('none');
  });

  it.each([
    ['no header', {}],
    ['Basic', basic('partner-key', 'partner-secret')],
    ['a scheme that begins alike', 'BearerX abc'],
  ])('I96 %s is none', async (_, headers) => {
    const { ask } = await callers();

    expect(await ask(headers)).toBe('none');
  });
});

describe.each(EVERY_EXPRESS)('Callers by access token, on $name', ({ express }) => {
  it('I95 are found whatever the case of the scheme', async () => {
    const { ask, issuer } = await callers({ express });

    for (const scheme of ['Bearer', 'bearer', 'BEARER']) expect(await ask(`${scheme} ${issuer.token()}`)).toEqual(ALICE);
  });

  it('I96 cannot be told from others while the store is out of reach: that is an error, neither a caller nor a refusal', async () => {
    const { open, redis } = await killableStore();
    const { as } = await callers({ open, express });
    await redis.kill();

    expect(await as()).toMatch(/^failed: Redis at .* cannot answer/);
  });

  it('I96 are an error too while the keys of their issuer are out of reach', async () => {
    const verify = async () => Promise.reject(Object.assign(new Error('keys'), { status: 503 }));
    const { as } = await callers({ express, liveOptions: { verify } });

    expect(await as()).toBe('failed: keys');
  });
});

describe('Without an authenticate of the application', () => {
  it.each([
    ['I95', 'post', '/tokens/revoke'],
    ['H89', 'delete', '/users/alice/sessions'],
  ] as const)('%s callers are those by access token, and API keys are none: %s %s', async (_, method, path) => {
    const app = await openApp({ mount: (on, live) => on.use(revocationRouter(live, { organisations: {}, sessions: {} })) });
    const admin = await app.issue({ sub: 'admin', scope: 'admin', sid: 'session-9' });
    const victim = await app.issue();

    expect((await app[method](path)).status).toBe(401);
    expect((await app[method](path, MERCHANT)).status).toBe(401);
    expect(await app.isLive(victim)).toBe(true);
    expect((await app[method](path, bearer(admin.token))).status).toBe(method === 'post' ? 200 : 204);
    expect(await app.isLive(victim)).toBe(false);
  });
});
