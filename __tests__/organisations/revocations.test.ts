import type { Target } from 'livetoken';
import { EVERY_STORE } from '../support/every-store.js';
import { CALLERS, UNKNOWN_CALLERS } from '../support/callers.js';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { killableStore } from '../support/killable-store.js';
import { bearer, MERCHANT, PARTNER, RIVAL } from '../support/organisation-tree.js';
import { closeApps, openApp, type RevocationApp } from '../support/revocation-app.js';
import { sendRaw, type RawAnswer } from '../support/send-raw.js';

const OF_SHOP = '/organisations/shop/revocations';
const OWN = '/revocations';
const PATHS = [['the path of a partner', OF_SHOP, PARTNER], ['the path of a merchant', OWN, MERCHANT]] as const;

afterEach(closeApps);

const get = (app: RevocationApp, path: string, authorization?: string, method = 'GET'): Promise<RawAnswer> =>
  sendRaw(app.server, method, path, authorization === undefined ? {} : { authorization });

interface Listed {
  readonly revocations: readonly { readonly id: string; readonly target: string; readonly revokedTimestamp: number }[];
  readonly cursor?: string;
}

async function list(app: RevocationApp, path: string, authorization: string): Promise<Listed> {
  const { status, text } = await get(app, path, authorization);
  if (status !== 200) throw new Error(`${path} was answered ${status}: ${text}`);
  return (JSON.parse(text) as { readonly data: Listed }).data;
}

const wordsAt = async (app: RevocationApp, path: string, authorization: string) => (await list(app, path, authorization)).revocations.map(({ target }) => target);

const errorBody = (status: number, code: string, description: string, field: string | null = null) => ({
  ...{ returnCode: String(status), returnDescription: description },
  details: [{ code, description, field, resourceUri: null }],
});

describe.each(EVERY_STORE)('What was revoked of an organisation, on the $name store,', ({ open }) => {
  it.each(PATHS)('is listed at %s with who did it, what, when and why, the newest first', async (_, path, caller) => {
    const app = await openApp({ open });
    await app.issue({ jti: 'secret-id' });
    await app.post('/tokens/secret-id/revoke', MERCHANT).set('X-Request-Id', 'request-7').expect(200);
    await app.post('/organisations/shop/users/alice/tokens/revoke', PARTNER).expect(200);
    await app.live.revoke({ kind: 'organisation', id: 'shop' }, { issuedBefore: 1000 });
    const [token, member, organisation] = await app.history();

    const { status, text, headers } = await get(app, path, caller);

    expect([status, headers['cache-control'], headers['content-type']]).toEqual([200, 'no-store', 'application/json; charset=utf-8']);
    expect(JSON.parse(text)).toEqual({
      uri: path,
      data: {
        uri: path,
        revocations: [
          { id: organisation!.id, revokedTimestamp: organisation!.atMs, kind: 'organisation', target: 'organisation shop', issuedUntilTimestamp: 1000 },
          {
            ...{ id: member!.id, revokedTimestamp: member!.atMs, kind: 'member', target: 'member alice in organisation shop' },
            ...{ issuedUntilTimestamp: member!.epochMs, actor: 'key partner-key', reason: 'organisation endpoint' },
          },
          {
            ...{ id: token!.id, revokedTimestamp: token!.atMs, kind: 'token', target: 'a token in organisation shop' },
            ...{ actor: 'key merchant-key', reason: 'organisation endpoint', requestId: 'request-7' },
          },
        ],
      },
    });
    expect(text).not.toMatch(/secret-id|token:/);
  });

  it('holds nothing of another organisation, be it above or below, and nothing that belongs to none', async () => {
    const app = await openApp({ open });
    const others: Target[] = [
      ...['bank', 'stall', 'kiosk', 'rival', 'Shop', 'shop '].map(id => ({ kind: 'organisation', id }) as const),
      ...['bank', 'stall', 'rival'].map(organisation => ({ kind: 'member', id: 'shop', organisation }) as const),
      ...['bank', 'stall', 'rival'].map(organisation => ({ kind: 'token', id: 'shop', organisation }) as const),
      ...(['subject', 'client', 'session', 'grant'] as const).map(kind => ({ kind, id: 'shop' }) as Target),
      { kind: 'all' },
    ];
    await app.live.revokeAll(others);
    expect(await list(app, OWN, MERCHANT)).toStrictEqual({ uri: OWN, revocations: [] });

    await app.live.revoke({ kind: 'organisation', id: 'shop' });

    expect(await wordsAt(app, OWN, MERCHANT)).toEqual(['organisation shop']);
    expect(await wordsAt(app, OF_SHOP, PARTNER)).toEqual(['organisation shop']);
    expect(await wordsAt(app, '/organisations/stall/revocations?order=oldest', PARTNER)).toEqual(['organisation stall', 'member shop in organisation stall', 'a token in organisation stall']);
    expect(await wordsAt(app, OWN, PARTNER)).toEqual(['a token in organisation bank', 'member shop in organisation bank', 'organisation bank']);
    expect(await wordsAt(app, OWN, RIVAL)).toHaveLength(3);
  });

  it.each(PATHS)('is picked out at %s by user, by actor, by time, and in either order', async (_, path, caller) => {
    const app = await openApp({ open });
    const revoke = (target: Target, actor: string) => app.live.revoke(target, { actor });
    const { recordedAt: first } = await revoke({ kind: 'member', id: 'alice', organisation: 'shop' }, 'user carol');
    while (Date.now() <= first) await new Promise(setImmediate);
    const { recordedAt: second } = await revoke({ kind: 'member', id: 'bob', organisation: 'shop' }, 'user dave & co');
    await revoke({ kind: 'member', id: 'alice', organisation: 'kiosk' }, 'user carol');
    await revoke({ kind: 'organisation', id: 'shop' }, 'user carol');
    const at = (ms: number) => new Date(ms).toISOString();
    const [alice, bob, shop] = ['member alice in organisation shop', 'member bob in organisation shop', 'organisation shop'];

    expect(await wordsAt(app, `${path}?userId=alice`, caller)).toEqual([alice]);
    expect(await wordsAt(app, `${path}?userId=nobody`, caller)).toEqual([]);
    expect(await wordsAt(app, `${path}?actor=user%20carol`, caller)).toEqual([shop, alice]);
    expect(await wordsAt(app, `${path}?actor=user+dave+%26+co`, caller)).toEqual([bob]);
    expect(await wordsAt(app, `${path}?order=oldest`, caller)).toEqual([alice, bob, shop]);
    expect(await wordsAt(app, `${path}?until=${at(second)}`, caller)).toEqual([alice]);
    expect(await wordsAt(app, `${path}?since=${at(second)}&order=oldest`, caller)).toEqual([bob, shop]);
    expect(await wordsAt(app, `${path}?since=${at(first)}&until=${at(second)}&userId=bob`, caller)).toEqual([]);
  });

  it.each(PATHS)('is read page by page at %s, each entry once', async (_, path, caller) => {
    const app = await openApp({ open });
    const ids = Array.from({ length: 7 }, (_each, n) => `user-${n}`);
    await app.live.revokeAll(ids.flatMap(id => [{ kind: 'member', id, organisation: 'shop' }, { kind: 'member', id, organisation: 'kiosk' }] as const));

    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await list(app, `${path}?order=oldest&limit=3${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`, caller);
      pages.push(page.revocations.map(({ target }) => target));
      cursor = page.cursor;
    } while (cursor !== undefined);

    expect(pages.map(page => page.length).slice(0, 3)).toEqual([3, 3, 1]);
    expect(pages.flat()).toEqual(ids.map(id => `member ${id} in organisation shop`));
  });
});

describe('Who may list what was revoked', () => {
  const everybody = Object.entries({ ...UNKNOWN_CALLERS, ...CALLERS });

  it.each(everybody)('is who may revoke there: %s', async (_, callerOf) => {
    const app = await openApp();
    const caller = await callerOf(app);

    for (const [listed, revoked] of [[OF_SHOP, '/organisations/shop/tokens/revoke'], [OWN, '/tokens/revoke']] as const) {
      const listing = await get(app, listed, caller);
      const revoking = await app.post(`${revoked}?dryRun=true`, caller);

      expect([listing.status, listing.headers['www-authenticate']]).toEqual([revoking.status, revoking.headers['www-authenticate']]);
      if (listing.status !== 200) expect(JSON.parse(listing.text)).toEqual(revoking.body);
    }
  });

  it('is asked of `mayManage` and `decodeOrganisationId` too', async () => {
    const app = await openApp({ organisations: { decodeOrganisationId: id => (id === 'c2hvcA' ? 'shop' : undefined), mayManage: (_caller, organisation) => organisation === 'shop' } });
    await app.live.revoke({ kind: 'organisation', id: 'shop' });

    expect(await wordsAt(app, '/organisations/c2hvcA/revocations', PARTNER)).toEqual(['organisation shop']);
    expect((await get(app, OF_SHOP, PARTNER)).status).toBe(404);
    expect((await get(app, OWN, PARTNER)).status).toBe(403);
  });
});

describe('A request to list what was revoked', () => {
  it('by HEAD is answered with the headers alone', async () => {
    const app = await openApp();
    for (const [, path, caller] of PATHS) {
      const [head, whole] = [await get(app, path, caller, 'HEAD'), await get(app, path, caller)];
      expect([head.status, head.text, head.headers['content-length']]).toEqual([200, '', String(Buffer.byteLength(whole.text))]);
      expect((await get(app, path, undefined, 'HEAD')).status).toBe(401);
    }
  });

  it.each(PATHS.flatMap(([, path, caller]) => ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'].map(method => [method, path, caller] as const)))(
    'by another method is answered 405 with Allow: %s %s',
    async (method, path, caller) => {
      const app = await openApp();
      const token = await app.issue();

      const { status, headers, text } = await get(app, path, caller, method);

      expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
      expect(JSON.parse(text)).toEqual(errorBody(405, 'method_not_allowed', 'This endpoint takes GET and HEAD only'));
      expect(await app.aftermath(token)).toEqual({ live: [true], recorded: 0 });
    },
  );

  const HINTS = {
    userId: 'Give userId once: 1 to 256 bytes',
    actor: 'Give actor once, as entries show it: 1 to 256 characters',
    since: 'Give since once, as RFC 3339 has it, with an offset: 2026-01-31T08:30:00Z. Send a + as %2B',
    until: 'Give until once, as RFC 3339 has it, with an offset: 2026-01-31T08:30:00Z. Send a + as %2B. It must not lie before since',
    order: 'Give order once: newest or oldest',
    cursor: 'Give cursor once, as the page before had it',
    limit: 'Give limit once: a whole number, 1 to 1000',
  };
  const instants = [
    ...['', '0', '1769848200', '1769848200000', 'now', '2026-01-31', '2026-01-31T08:30:00', '2026-01-31 08:30:00Z', '2026-01-31T08:30Z', '20260131T083000Z'],
    ...['2026-02-30T00:00:00Z', '2026-13-01T00:00:00Z', '2026-00-10T00:00:00Z', '2026-01-00T00:00:00Z', '2026-01-31T24:00:00Z', '2026-01-31T08:60:00Z', '2026-01-31T08:30:60Z'],
    ...['2026-01-31T08:30:00+24:00', '2026-01-31T08:30:00+01:00', '1969-12-31T23:59:59Z', '0000-01-01T00:00:00Z', '+12026-01-31T08:30:00Z', '2026-01-31T08:30:00.Z', ' 2026-01-31T08:30:00Z'],
  ];
  const malformed: [keyof typeof HINTS, string][] = [
    ...['', 'x'.repeat(257), encodeURIComponent('ü'.repeat(129))].map((value): [keyof typeof HINTS, string] => ['userId', value]),
    ...['', 'x'.repeat(257)].map((value): [keyof typeof HINTS, string] => ['actor', value]),
    ...instants.flatMap((value): [keyof typeof HINTS, string][] => [['since', value], ['until', value]]),
    ...['', 'latest', 'NEWEST', 'newest ', 'asc'].map((value): [keyof typeof HINTS, string] => ['order', value]),
    ...['', 'x', '-', '0-0', '99999999999999999999999', '1;2', '%00'].map((value): [keyof typeof HINTS, string] => ['cursor', value]),
    ...['', '0', '-1', '1.5', '1001', '1e2', '0x10', ' 1', '+5', '99999999999', 'ten'].map((value): [keyof typeof HINTS, string] => ['limit', value]),
  ];
  const shown = (value: string) => (value.length < 60 ? `"${value}"` : `${value.length} characters`);
  it.each(malformed.map(([name, value]) => [name, shown(value), value] as const))('with a value that %s does not take is refused, and says what to write: %s', async (name, _, value) => {
    const app = await openApp();

    for (const [, path, caller] of PATHS) {
      const { status, text } = await get(app, `${path}?${name}=${value.replaceAll(' ', '%20')}`, caller);
      expect([status, JSON.parse(text)]).toEqual([422, errorBody(422, 'malformed_parameter', HINTS[name], name)]);
    }
  });

  it.each(Object.keys(HINTS) as (keyof typeof HINTS)[])('with %s twice is refused, were it the same twice', async name => {
    const app = await openApp();
    const value = { limit: '5', order: 'oldest', since: '2026-01-31T08:30:00Z', until: '2026-01-31T08:30:00Z', cursor: '1', userId: 'a', actor: 'a' }[name];

    const { status, text } = await get(app, `${OWN}?${name}=${value}&${name}=${value}`, MERCHANT);

    expect([status, JSON.parse(text)]).toEqual([422, errorBody(422, 'malformed_parameter', HINTS[name], name)]);
    expect((await get(app, `${OWN}?${name}=${value}`, MERCHANT)).status).toBe(200);
  });

  it('with an end before its beginning is refused', async () => {
    const app = await openApp();

    const { status, text } = await get(app, `${OWN}?since=2026-01-31T08:30:00Z&until=2026-01-31T08:29:59.999Z`, MERCHANT);

    expect([status, JSON.parse(text)]).toEqual([422, errorBody(422, 'malformed_parameter', HINTS.until, 'until')]);
  });

  it.each([
    ...['user=alice', 'userid=alice', 'UserId=alice', 'userId[]=alice', 'userId%5B%5D=alice', 'organisation=rival', 'organisationId=rival', 'target=all', 'dryRun=true'],
    ...['from=2026-01-31T08:30:00Z', 'page=2', 'after=1', 'x', '=', '__proto__=1', 'constructor=1', 'toString=1', 'hasOwnProperty=x', 'limit=5&Limit=5'],
  ])('with a parameter that does not exist is refused, so that a misspelt filter shows nothing: "%s"', async query => {
    const app = await openApp();

    for (const [, path, caller] of PATHS) {
      const { status, text } = await get(app, `${path}?${query}`, caller);
      expect([status, JSON.parse(text)]).toEqual([422, errorBody(422, 'unknown_parameter', 'The parameters here are userId, actor, since, until, order, cursor and limit')]);
    }
  });

  it.each(['2026-01-31T08:30:00Z', '2026-01-31t08:30:00z', '2026-01-31T08:30:00.123456789Z', '2026-01-31T09:30:00%2B01:00', '2024-02-29T00:00:00-00:00', '1970-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z'])(
    'takes an instant as RFC 3339 has it: %s',
    async instant => {
      const app = await openApp();
      await app.live.revoke({ kind: 'organisation', id: 'shop' });

      const since = await wordsAt(app, `${OWN}?since=${instant}`, MERCHANT);
      const until = await wordsAt(app, `${OWN}?until=${instant}`, MERCHANT);

      // It happened after all of them but the last.
      expect([since.length, until.length]).toEqual(instant.startsWith('9999') ? [0, 1] : [1, 0]);
    },
  );

  it('with ids that cannot be decoded, or are none, is answered like the others', async () => {
    const app = await openApp();

    expect((await get(app, '/organisations/%zz/revocations', PARTNER)).status).toBe(422);
    expect((await get(app, `/organisations/${'x'.repeat(257)}/revocations`, PARTNER)).status).toBe(404);
    expect((await get(app, '/organisations//revocations', PARTNER)).status).toBe(404);
    expect((await get(app, '/organisations/revocations', PARTNER)).status).toBe(404);
  });

  it('is answered 503 while the store is out of reach', async () => {
    const { open, redis } = await killableStore();
    const app = await openApp({ open });
    await redis.kill();

    for (const [, path, caller] of [...PATHS, ['a bearer', OWN, bearer(app.issuer.token({ org: 'bank', scope: 'bankadmin' }))] as const]) {
      const { status, text, headers } = await get(app, path, caller);
      expect([status, JSON.parse(text), headers['retry-after']]).toEqual([503, errorBody(503, 'temporarily_unavailable', 'That cannot be told right now; ask again'), '1']);
    }
    await redis.restart();
  });
});

describe.each(EVERY_EXPRESS)('Listing what was revoked, on $name,', ({ express }) => {
  it.each([['simple'], ['extended'], [false]])('does not depend on what the application does with its queries: parser %s', async parser => {
    const app = await openApp({ express: (() => express().set('query parser', parser)) as unknown as typeof express });
    await app.live.revokeAll([{ kind: 'member', id: 'alice', organisation: 'shop' }, { kind: 'member', id: 'bob', organisation: 'shop' }]);

    expect(await wordsAt(app, `${OWN}/?userId=bob`, MERCHANT)).toEqual(['member bob in organisation shop']);
    expect((await get(app, `${OWN}?user=bob`, MERCHANT)).status).toBe(422);
  });
});
