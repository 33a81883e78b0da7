import { revocationRouter, type Caller, type OrganisationOptions } from 'livetoken';
import { bearer, basic, MERCHANT, PARTNER } from '../support/organisation-tree.js';
import { closeApps, openApp, type Issued, type RevocationApp } from '../support/revocation-app.js';

const O1 = (organisation: string) => `/organisations/${organisation}/tokens/revoke`;
const NOBODY_MANAGES = { live: [true], recorded: 0 };

afterEach(closeApps);

/** Opens an application and asks it, as the bank, to revoke all tokens of an organisation. */
async function revoke(organisation: string, organisations: OrganisationOptions = {}, caller = PARTNER) {
  const app = await openApp({ organisations });
  const token = await app.issue({ org: organisation });
  const { status, body } = await app.post(O1(organisation), caller);
  return { status, body, aftermath: await app.aftermath(token) };
}

describe('Authority over organisations', () => {
  it.each([
    ['itself', 'bank'],
    ['a child', 'shop'],
    ['another child', 'kiosk'],
    ['a grandchild', 'stall'],
  ])('I102 goes down the hierarchy: over %s', async (_, organisation) => {
    expect(await revoke(organisation)).toMatchObject({ status: 200, aftermath: { live: [false], recorded: 1 } });
  });

  it.each([
    ['from a child to its parent', 'shop', 'bank'],
    ['from a grandchild to its parent', 'stall', 'shop'],
    ['from a grandchild to the top', 'stall', 'bank'],
    ['to a sibling', 'kiosk', 'shop'],
    ["to a sibling's child", 'kiosk', 'stall'],
    ['to an unrelated organisation', 'bank', 'rival'],
    ["to an unrelated organisation's child", 'bank', 'outlet'],
    ['to an organisation that nobody knows', 'bank', 'nowhere'],
  ])('I102 does not go %s', async (_, from, to) => {
    const app = await openApp();
    const token = await app.issue({ org: to });
    const caller = bearer((await app.issue({ org: from, scope: 'bankadmin', sub: 'admin' })).token);

    const { status, body } = await app.post(O1(to), caller);

    expect([status, body.details[0].code, body.details[0].field]).toEqual([403, 'forbidden', 'encodedOrganisationId']);
    expect(await app.aftermath(token)).toEqual(NOBODY_MANAGES);
  });

  it('I102 ends at itself where no parentOf is given', async () => {
    expect(await revoke('bank', { parentOf: () => undefined })).toMatchObject({ status: 200 });
    expect(await revoke('shop', { parentOf: () => undefined })).toMatchObject({ status: 403, aftermath: NOBODY_MANAGES });
  });

  it('I95 I102 is, without any option, of the holders of tokens over their own organisation', async () => {
    const app = await openApp({ mount: (application, live) => application.use(revocationRouter(live, { organisations: {} })) });
    const [own, child] = [await app.issue({ org: 'bank' }), await app.issue({ org: 'shop' })];
    const caller = bearer((await app.issue({ org: 'bank', scope: 'bankadmin', sub: 'admin' })).token);

    expect((await app.post(O1('shop'), caller)).status).toBe(403);
    expect((await app.post(O1('bank'), caller)).status).toBe(200);
    expect(await app.aftermath(own, child)).toEqual({ live: [false, true], recorded: 1 });
  });

  it('I102 reaches 31 levels down, and no further', async () => {
    const parentOf = (organisation: string) => (organisation === '1' ? 'bank' : String(Number(organisation) - 1));

    expect(await revoke('31', { parentOf })).toMatchObject({ status: 200 });
    expect(await revoke('32', { parentOf })).toMatchObject({ status: 403, aftermath: NOBODY_MANAGES });
  });

  it('I102 is asked of an asynchronous parentOf too', async () => {
    const parentOf = async (organisation: string) => (organisation === 'far' ? 'near' : organisation === 'near' ? 'bank' : undefined);

    expect(await revoke('far', { parentOf })).toMatchObject({ status: 200 });
    expect(await revoke('farther', { parentOf })).toMatchObject({ status: 403, aftermath: NOBODY_MANAGES });
  });

  it.each([
    ['that is its own parent', new Map([['loop', 'loop']])],
    ['in a circle of two', new Map([['loop', 'pool'], ['pool', 'loop']])],
    ['below a circle', new Map([['loop', 'a'], ['a', 'b'], ['b', 'c'], ['c', 'a']])],
  ])('I102 over an organisation %s ends without authority', async (_, parents) => {
    expect(await revoke('loop', { parentOf: organisation => parents.get(organisation) })).toMatchObject({ status: 403, aftermath: NOBODY_MANAGES });
  });

  it('I102 ends where parents never end', async () => {
    const parentOf = (organisation: string) => `${organisation}'`;

    expect(await revoke('shop', { parentOf })).toMatchObject({ status: 403, aftermath: NOBODY_MANAGES });
  });

  it.each([
    ['null', null],
    ['an empty string', ''],
    ['a number', 7],
    ['an object', {}],
  ])('I102 of a caller without an organisation stays none where parentOf answers %s at the top', async (_, top) => {
    const caller = { actor: 'user eve', level: 'partner', organisation: top } as unknown as Caller;
    const organisations = { authenticate: async () => caller, parentOf: () => top as unknown as string };

    expect(await revoke('shop', organisations)).toMatchObject({ status: 403, aftermath: NOBODY_MANAGES });
  });
});

const failing = () => {
  throw new Error('hook');
};
/** As an HTTP client's or a framework's: it bears a status, which is not one to answer with. */
const failingWithStatus = async () => {
  throw Object.assign(new Error('hook'), { status: 404 });
};

describe('Hooks of the application', () => {
  it.each([
    ['a parentOf that throws', { parentOf: failing }],
    ['a parentOf that rejects', { parentOf: async () => failing() }],
    ['a parentOf that rejects with a status', { parentOf: failingWithStatus }],
    ['a mayManage that throws', { mayManage: failing }],
    ['a mayManage that rejects', { mayManage: async () => failing() }],
    ['a mayManage that rejects with a status', { mayManage: failingWithStatus }],
    ['a decodeOrganisationId that throws', { decodeOrganisationId: failing }],
    ['a decodeOrganisationId that rejects with a status', { decodeOrganisationId: failingWithStatus }],
    ['an authenticate that rejects', { authenticate: async () => failing() }],
    ['an authenticate that throws', { authenticate: failing }],
    ['an authenticate that rejects with a status', { authenticate: failingWithStatus }],
  ] satisfies [string, OrganisationOptions][])("I102 %s is for the application's error handler, and gives no authority", async (_, organisations) => {
    expect(await revoke('shop', organisations)).toEqual({
      status: 500,
      body: { handledBy: 'the application', message: 'hook' },
      aftermath: NOBODY_MANAGES,
    });
  });

  it('I102 a hook that cannot decode an id with decodeURIComponent is no malformed path', async () => {
    const decodeOrganisationId = (encoded: string) => decodeURIComponent(`%${encoded}`);

    expect(await revoke('shop', { decodeOrganisationId })).toMatchObject({ status: 500, aftermath: NOBODY_MANAGES });
  });

  it('I102 mayManage decides in place of the hierarchy, for and against, and is told who asks for what', async () => {
    const asked: unknown[] = [];
    const mayManage = async (caller: Caller, organisation: string) => {
      asked.push([caller, organisation]);
      return organisation === 'rival';
    };

    expect(await revoke('rival', { mayManage })).toMatchObject({ status: 200, aftermath: { live: [false], recorded: 1 } });
    expect(await revoke('shop', { mayManage })).toMatchObject({ status: 403, aftermath: NOBODY_MANAGES });
    const caller = { actor: 'key partner-key', level: 'partner', organisation: 'bank' };
    expect(asked).toEqual([[caller, 'rival'], [caller, 'shop']]);
  });

  it.each([[1], ['yes'], [{ allowed: false }], [null], [undefined]])('I102 mayManage gives authority with true and with nothing else: not with %p', async answer => {
    const mayManage = () => answer as unknown as boolean;

    expect(await revoke('shop', { mayManage })).toMatchObject({ status: 403, aftermath: NOBODY_MANAGES });
  });

  it.each(['/tokens/revoke', '/tokens/own/revoke'])('I95 mayManage can take even the authority over oneself away: %s', async path => {
    const app = await openApp({ organisations: { mayManage: () => false } });
    const token = await app.issue({ jti: 'own' });

    expect((await app.post(path, MERCHANT)).status).toBe(403);
    expect(await app.aftermath(token)).toEqual(NOBODY_MANAGES);
  });

  it.each([[undefined], [''], [null]])('I95 a caller whose organisation is %p has none of its own, whatever mayManage says', async organisation => {
    const authenticate = async () => ({ actor: 'user eve', level: 'merchant', organisation }) as unknown as Caller;
    const asked: string[] = [];
    const mayManage = (_: Caller, each: string) => asked.push(each) > 0;
    const app = await openApp({ organisations: { authenticate, mayManage } });

    expect((await app.post('/tokens/revoke')).status).toBe(403);
    // Strictly: to toEqual, [undefined] is [].
    expect(asked).toStrictEqual([]);
  });

  it('I95 a merchant never names an organisation, whatever mayManage says', async () => {
    expect(await revoke('shop', { mayManage: () => true }, MERCHANT)).toMatchObject({ status: 403, aftermath: NOBODY_MANAGES });
  });
});

describe('decodeOrganisationId', () => {
  const IDS = new Map([['c2hvcA', 'shop'], ['cml2YWw', 'rival']]);
  const decodes: [string, OrganisationOptions['decodeOrganisationId']][] = [
    ['at once', encoded => IDS.get(encoded)],
    ['asynchronously', async encoded => IDS.get(encoded)],
  ];

  async function decoding(decodeOrganisationId: OrganisationOptions['decodeOrganisationId']): Promise<[RevocationApp, Issued]> {
    const app = await openApp({ organisations: { ...(decodeOrganisationId && { decodeOrganisationId }) } });
    return [app, await app.issue({ jti: 'j1' })];
  }

  it.each(decodes)('I94 turns the id in the path into the one that tokens carry, %s', async (_, decode) => {
    const [app, token] = await decoding(decode);
    const uri = O1('c2hvcA');

    const { status, body } = await app.post(uri, PARTNER);

    expect([status, body]).toEqual([200, { uri, data: { uri, revokedTokensCount: 1, links: [] } }]);
    expect(await app.isLive(token)).toBe(false);
  });

  it.each(decodes)('I96 says 404 for an organisation that it does not know, %s', async (_, decode) => {
    const [app, token] = await decoding(decode);

    for (const path of [O1('shop'), '/organisations/shop/tokens/j1/revoke', '/organisations/shop/users/alice/tokens/revoke']) {
      const { status, body } = await app.post(path, PARTNER);
      expect([status, body.details[0].code, body.details[0].field]).toEqual([404, 'not_found', 'encodedOrganisationId']);
    }
    expect(await app.aftermath(token)).toEqual(NOBODY_MANAGES);
  });

  it('I102 does not widen authority: what it decodes to must be the caller\'s to manage', async () => {
    const [app] = await decoding(encoded => IDS.get(encoded));
    const token = await app.issue({ org: 'rival' });

    expect((await app.post(O1('cml2YWw'), PARTNER)).status).toBe(403);
    expect(await app.aftermath(token)).toEqual(NOBODY_MANAGES);
  });

  it.each([[''], [null], [7], ['a\ud800'], ['x'.repeat(257)]])('I96 says 404 where it decodes to no usable id: %p', async decoded => {
    const [app, token] = await decoding(() => decoded as unknown as string);

    expect((await app.post(O1('c2hvcA'), PARTNER)).status).toBe(404);
    expect(await app.aftermath(token)).toEqual(NOBODY_MANAGES);
  });

  it('I96 is not asked for an id that is too long to be one', async () => {
    const asked: string[] = [];
    const [app] = await decoding(encoded => {
      asked.push(encoded);
      return 'shop';
    });

    expect((await app.post(O1('x'.repeat(257)), PARTNER)).status).toBe(404);
    expect((await app.post(O1('x'.repeat(256)), PARTNER)).status).toBe(200);
    expect(asked).toEqual(['x'.repeat(256)]);
  });

  it.each([
    ['nobody', undefined, 401],
    ['a wrong secret', basic('partner-key', 'wrong'), 401],
    ['a merchant', MERCHANT, 403],
  ])('I96 is not asked for %s', async (_, caller, expected) => {
    const asked: string[] = [];
    const [app] = await decoding(encoded => {
      asked.push(encoded);
      return encoded;
    });

    expect((await app.post(O1('c2hvcA'), caller)).status).toBe(expected);
    expect(asked).toStrictEqual([]);
  });
});
