import express from 'express';
import { revocationRouter } from 'livetoken';
import { EVERY_STORE } from '../support/every-store.js';
import { CALLERS, UNKNOWN_CALLERS } from '../support/callers.js';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { killableStore } from '../support/killable-store.js';
import { MERCHANT, PARTNER } from '../support/organisation-tree.js';
import { closeApps, openApp, type RevocationApp } from '../support/revocation-app.js';
import { sendRaw } from '../support/send-raw.js';

const WHOLE = [
  ['O1', '/organisations/shop/tokens/revoke', PARTNER],
  ['users', '/organisations/shop/users/alice/tokens/revoke', PARTNER],
  ['T1', '/tokens/revoke', MERCHANT],
] as const;
const ONE = [
  ['O2', '/organisations/shop/tokens/the-id/revoke', PARTNER],
  ['T2', '/tokens/the-id/revoke', MERCHANT],
] as const;
const ENDPOINTS = [...WHOLE, ...ONE];

afterEach(closeApps);

function listen(app: RevocationApp): unknown[] {
  const heard: unknown[] = [];
  app.live.on('revoked', event => heard.push(event));
  return heard;
}

const errorBody = (status: number, code: string, description: string, field: string | null) => ({
  ...{ returnCode: String(status), returnDescription: description },
  details: [{ code, description, field, resourceUri: null }],
});

const MALFORMED = errorBody(422, 'malformed_dry_run', 'Nothing was revoked: write dryRun=true or dryRun=false in the query, exactly so and once, or leave it out', 'dryRun');

describe.each(EVERY_STORE)('A dry run, on the $name store,', ({ open }) => {
  it.each(WHOLE)('of %s tells what would be revoked, of whom, and what is left to do, and revokes nothing', async (name, path, caller) => {
    const app = await openApp({ open });
    const heard = listen(app);
    const web = await app.issue({ sub: 'alice', client_id: 'web' });
    const mobile = await app.issue({ sub: 'alice', client_id: 'mobile' });
    const bob = await app.issue({ sub: 'bob', client_id: 'web' });
    const elsewhere = await app.issue({ sub: 'alice', org: 'kiosk' });

    const { status, body } = await app.post(`${path}?dryRun=true`, caller);

    const ofAlice = {
      ...{ tokensToRevokeCount: 2, organisations: [{ id: 'shop', tokensToRevokeCount: 2 }], users: [{ id: 'alice', tokensToRevokeCount: 2 }] },
      clients: [{ id: 'mobile', tokensToRevokeCount: 1 }, { id: 'web', tokensToRevokeCount: 1 }],
      links: [{ id: 'alice', resourceType: 'revoketokens', uri: path }],
    };
    const ofShop = {
      ...{ tokensToRevokeCount: 3, organisations: [{ id: 'shop', tokensToRevokeCount: 3 }] },
      users: [{ id: 'alice', tokensToRevokeCount: 2 }, { id: 'bob', tokensToRevokeCount: 1 }],
      clients: [{ id: 'web', tokensToRevokeCount: 2 }, { id: 'mobile', tokensToRevokeCount: 1 }],
      links: [{ id: 'shop', resourceType: 'revoketokens', uri: path }],
    };
    const expected = { uri: path, dryRun: true, notListed: { organisations: 0, users: 0, clients: 0 }, ...(name === 'users' ? ofAlice : ofShop) };
    expect([status, body]).toEqual([200, { uri: path, data: expected }]);
    expect(await app.aftermath(web, mobile, bob, elsewhere)).toEqual({ live: [true, true, true, true], recorded: 0 });
    expect(heard).toEqual([]);
  });

  it.each(WHOLE)('of %s counts what the call then revokes, exactly, and nothing after it', async (_, path, caller) => {
    const app = await openApp({ open });
    for (const claims of [{ sub: 'alice' }, { sub: 'alice', sid: undefined }, { sub: 'bob' }]) await app.issue(claims);

    const before = await app.post(`${path}?dryRun=true`, caller);
    const done = await app.post(before.body.data.links[0].uri, caller);
    const after = await app.post(`${path}?dryRun=true`, caller);

    expect(before.body.data.tokensToRevokeCount).toBeGreaterThan(1);
    expect(done.body.data).toEqual({ uri: path, revokedTokensCount: before.body.data.tokensToRevokeCount, links: [] });
    expect(after.body.data).toMatchObject({ tokensToRevokeCount: 0, organisations: [], users: [], clients: [] });
  });

  it.each(ONE)('of %s shows the token as it is, with the link that revokes it; once it is revoked, as that', async (_, path, caller) => {
    const app = await openApp({ open });
    const heard = listen(app);
    const { claims, ...rest } = await app.issue({ jti: 'the-id', scope: 'a b' }, { accessType: 'CR' });
    const token = { claims, ...rest };

    const before = await app.post(`${path}?dryRun=true`, caller);
    expect([before.status, before.body]).toEqual([200, {
      uri: path,
      data: {
        ...{ id: 'the-id', uri: path, tokenType: 'BEARER', status: 'ACTIVE', accessType: 'CR', scopes: ['a', 'b'], requestedOrganisation: 'shop' },
        ...{ expiryTime: Number(claims['exp']) * 1000, createdTimestamp: Number(claims['iat']) * 1000 },
        ...{ dryRun: true, tokensToRevokeCount: 1, links: [{ id: 'the-id', resourceType: 'revoketoken', uri: path }] },
      },
    }]);
    expect(await app.aftermath(token)).toEqual({ live: [true], recorded: 0 });
    expect(heard).toEqual([]);

    const { body } = await app.post(before.body.data.links[0].uri, caller);
    const after = await app.post(`${path}?dryRun=true`, caller);
    expect(after.body.data).toEqual({ ...body.data, dryRun: true, tokensToRevokeCount: 0 });
  });

  it.each(ENDPOINTS)('of %s is off with dryRun=false: it revokes', async (_, path, caller) => {
    const app = await openApp({ open });
    const token = await app.issue({ jti: 'the-id' });

    const { status, body } = await app.post(`${path}?dryRun=false`, caller);

    expect([status, body.data.dryRun, body.data.links]).toEqual([200, undefined, []]);
    expect(await app.aftermath(token)).toEqual({ live: [false], recorded: 1 });
  });
});

describe('A dry run by somebody', () => {
  const everybody = Object.entries({ ...UNKNOWN_CALLERS, ...CALLERS });

  it.each(ENDPOINTS.flatMap(([name, path]) => everybody.map(([who, caller]) => [name, who, path, caller] as const)))(
    'of %s is answered as the call itself would be: %s',
    async (_name, _who, path, callerOf) => {
      const app = await openApp();
      const token = await app.issue({ jti: 'the-id', sub: 'alice' });
      const caller = await callerOf(app);
      const { recorded } = await app.aftermath();

      const dry = await app.post(`${path}?dryRun=true`, caller);
      expect(await app.aftermath(token)).toEqual({ live: [true], recorded });
      const real = await app.post(path, caller);

      expect([dry.status, dry.headers['www-authenticate']]).toEqual([real.status, real.headers['www-authenticate']]);
      if (real.status !== 200) expect(dry.body).toEqual(real.body);
      else expect(dry.body.data.tokensToRevokeCount).toBe(real.body.data.revokedTokensCount ?? 1);
    },
  );

  it.each([
    ['an unknown token', '/tokens/nobody/revoke', MERCHANT, 404],
    ['a token of another organisation', '/organisations/kiosk/tokens/the-id/revoke', PARTNER, 404],
    ['an id that is too long', `/tokens/${'x'.repeat(257)}/revoke`, MERCHANT, 422],
    ['a user id that is too long', `/organisations/shop/users/${'x'.repeat(257)}/tokens/revoke`, PARTNER, 422],
    ['an id that cannot be decoded', '/tokens/%zz/revoke', MERCHANT, 422],
    ['an organisation that cannot be', `/organisations/${'x'.repeat(257)}/tokens/revoke`, PARTNER, 404],
  ])('for %s is answered as the call itself would be', async (_, path, authorization, status) => {
    const app = await openApp();
    const token = await app.issue({ jti: 'the-id' });

    const [dry, real] = [await sendRaw(app.server, 'POST', `${path}?dryRun=true`, { authorization }), await sendRaw(app.server, 'POST', path, { authorization })];

    expect([dry.status, dry.text]).toEqual([status, real.text]);
    expect(await app.aftermath(token)).toEqual({ live: [true], recorded: 0 });
  });

  it('takes no other method and no foreign body than the call itself', async () => {
    const app = await openApp();

    expect((await sendRaw(app.server, 'GET', '/tokens/revoke?dryRun=true', { authorization: MERCHANT })).status).toBe(405);
    expect((await app.post('/tokens/revoke?dryRun=true', MERCHANT).type('form').send('a=b')).status).toBe(415);
  });
});

describe('What mentions a dry run, and is none,', () => {
  const queries = [
    ...['dryRun', 'dryRun=', 'dryRun=1', 'dryRun=0', 'dryRun=yes', 'dryRun=no', 'dryRun=TRUE', 'dryRun=False', 'dryRun=null', 'dryRun=on'],
    ...['dryRun=true%20', 'dryRun=%20true', 'dryRun=true+', 'dryRun=%22true%22', 'dryRun=true%00', 'dryRun=%74rue%0a', 'dryRun=%zz', 'dryRun=%FF'],
    ...['dryRun=true&dryRun=true', 'dryRun=false&dryRun=false', 'dryRun=true&dryRun=false', 'dryRun=false&dryRun=true', 'dryRun=true&a=b&dryRun='],
    ...['dryRun[]=true', 'dryRun%5B%5D=true', 'dryRun[0]=true', 'dryRun[a]=true', 'dryRun.a=true', 'dryRun=true&dryRun[]=true', 'dryRun=false&dryRun[]=true'],
    ...['DryRun=true', 'dryrun=true', 'DRYRUN=TRUE', 'dry_run=true', 'dry-run=true', 'dry.run=true', 'dry%20run=true', '%64ryrun=true', '%20dryRun=true', 'isDryRun=true'],
    ...['dryRun=false&dryrun=true', 'dryRun=false&dry-run', 'a=1;dryRun=true', 'a=dryRun', 'a=dryRun%3Dtrue', '?dryRun=true', '&dryRun=true&dryrun', 'dryRun:true', 'dryRun=false;dryRun=true'],
    ...['__proto__[dryRun]=true', 'constructor.prototype.dryRun=true', 'dryRun[__proto__]=true', 'dryRun=true#', 'x=1#?dryRun=1'],
  ];
  it.each(ENDPOINTS.flatMap(([name, path, caller]) => queries.map(query => [name, query, path, caller] as const)))(
    'never revokes at %s: "%s" is answered 422',
    async (_, query, path, authorization) => {
      const app = await openApp();
      const token = await app.issue({ jti: 'the-id' });

      const { status, text } = await sendRaw(app.server, 'POST', `${path}?${query}`, { authorization });

      expect([status, JSON.parse(text)]).toEqual([422, MALFORMED]);
      expect(await app.aftermath(token)).toEqual({ live: [true], recorded: 0 });
    },
  );

  it('is told only to callers who may do what they ask about', async () => {
    const app = await openApp();

    expect((await app.post('/tokens/revoke?dryRun=1')).status).toBe(401);
    expect((await app.post('/organisations/rival/tokens/revoke?dryRun=1', PARTNER)).status).toBe(403);
  });

  it.each(['a=1', 'dry=1', 'run=true', 'laundry=1', 'dryer=true', ''])('is not "%s": other parameters are not looked at', async query => {
    const app = await openApp();

    const { status, body } = await app.post(`/tokens/revoke?${query}`, MERCHANT);

    expect([status, body.data.dryRun]).toEqual([200, undefined]);
  });
});

describe.each(EVERY_EXPRESS)('A dry run on $name', ({ express: anyExpress }) => {
  const parsers: [string, unknown][] = [['simple', 'simple'], ['extended', 'extended'], ['none', false], ['one that drops everything', () => ({})], ['one that says no', () => ({ dryRun: 'false' })]];

  it.each(parsers)('is one, whatever the application does with its queries: parser %s', async (_, parser) => {
    const withParser = (() => anyExpress().set('query parser', parser)) as unknown as typeof express;
    const app = await openApp({ express: withParser });
    const token = await app.issue({ jti: 'the-id' });

    for (const [, path, caller] of ENDPOINTS) {
      expect((await app.post(`${path}?a=1&dryRun=true`, caller)).body.data.dryRun).toBe(true);
      expect((await app.post(`${path}/?dryRun=1`, caller)).body).toEqual(MALFORMED);
    }
    expect(await app.aftermath(token)).toEqual({ live: [true], recorded: 0 });
  });
});

describe('A dry run that cannot be', () => {
  it.each(ENDPOINTS)('is refused at %s where tokens are not tracked, and says what to do; nothing is revoked', async (_, path, caller) => {
    const app = await openApp({ tracking: false });
    const token = await app.issue({ jti: 'the-id' });
    const description = 'Nothing was revoked: a dry run counts tracked tokens, and tracking is off; switch it on where tokens are issued and revoked';

    const { status, body } = await app.post(`${path}?dryRun=true`, caller);

    expect([status, body]).toEqual([422, errorBody(422, 'dry_run_needs_tracking', description, 'dryRun')]);
    expect((await app.post(`${path}?dryRun=1`, caller)).body).toEqual(MALFORMED);
    expect(await app.aftermath(token)).toEqual({ live: [true], recorded: 0 });
    expect((await app.post(`${path}?dryRun=false`, caller)).status).toBe(200);
    expect((await app.aftermath(token)).live).toEqual([false]);
  });

  it('is answered 503 while the store is out of reach, and nothing was revoked when it is back', async () => {
    const { open, redis } = await killableStore();
    const app = await openApp({ open });
    const token = await app.issue({ jti: 'the-id' });
    await redis.kill();

    for (const [, path, caller] of ENDPOINTS) {
      const { status, body, headers } = await app.post(`${path}?dryRun=true`, caller);
      const expected = errorBody(503, 'temporarily_unavailable', 'That cannot be told right now; ask again', null);
      expect([status, body, headers['retry-after']]).toEqual([503, expected, '1']);
    }

    await redis.restart();
    await app.live.ready();
    expect(await app.aftermath(token)).toEqual({ live: [true], recorded: 0 });
  });
});

it('A dry run is known to the query of a router mounted elsewhere, and shows where it stands', async () => {
  const app = await openApp({
    mount: (root, live) => {
      root.use('/auth/v1', express.json(), revocationRouter(live, { organisations: { authenticate: async () => ({ actor: 'key root', level: 'merchant', organisation: 'shop' }) } }));
    },
  });
  const token = await app.issue();

  const { body } = await app.post('/auth/v1/tokens/revoke/?dryRun=true');

  expect([body.uri, body.data.links[0].uri]).toEqual(['/auth/v1/tokens/revoke', '/auth/v1/tokens/revoke']);
  expect(await app.isLive(token)).toBe(true);
});
