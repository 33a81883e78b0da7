import type { Response } from 'supertest';
import { EVERY_STORE } from '../support/every-store.js';
import { MERCHANT, PARTNER, RIVAL } from '../support/organisation-tree.js';
import { closeApps, openApp } from '../support/revocation-app.js';

afterEach(closeApps);

/** All that a caller gets to see, apart from the date. */
function bytesOf({ status, headers, text }: Response) {
  const { date: _date, ...others } = headers as Record<string, string>;
  return { status, headers: others, text };
}

const T2 = (tokenId: unknown) => `/tokens/${String(tokenId)}/revoke`;
const O2 = (organisation: string, tokenId: unknown) => `/organisations/${organisation}/tokens/${String(tokenId)}/revoke`;

describe.each(EVERY_STORE)('Tokens of another organisation, on the $name store', ({ open }) => {
  it.each([
    ['T2 by a merchant', (jti: string) => T2(jti), MERCHANT, 'kiosk'],
    ["T2 by a partner, for a token of its child", (jti: string) => T2(jti), PARTNER, 'shop'],
    ['O2 by a partner, under the wrong one of its children', (jti: string) => O2('shop', jti), PARTNER, 'kiosk'],
    ["O2 by a partner, under itself for a token of its child", (jti: string) => O2('bank', jti), PARTNER, 'shop'],
    ['T2 by a rival', (jti: string) => T2(jti), RIVAL, 'shop'],
  ])('I102 %s are answered like unknown ones, to the byte, and live on', async (_, path, caller, owner) => {
    const app = await openApp({ open });
    const victim = await app.issue({ org: owner, jti: 'victim', orgs: ['bank'] });

    const foreign = bytesOf(await app.post(path('victim'), caller));
    const unknown = bytesOf(await app.post(path('nobody'), caller));

    expect(foreign.status).toBe(404);
    expect(foreign).toEqual(unknown);
    expect(await app.aftermath(victim)).toEqual({ live: [true], recorded: 0 });
    await expect(app.live.find('victim', owner)).resolves.not.toHaveProperty('revokedAt');
  });

  it.each([true, false])('I102 the same id in two organisations is two tokens: one dies, the other lives (tracking %p)', async tracking => {
    const app = await openApp({ open, tracking });
    const own = await app.issue({ org: 'shop', jti: 'same' });
    const foreign = await app.issue({ org: 'kiosk', jti: 'same' });

    await app.post(T2('same'), MERCHANT).expect(200);
    expect((await app.aftermath(own, foreign)).live).toEqual([false, true]);

    await app.post(O2('kiosk', 'same'), PARTNER).expect(200);
    expect((await app.aftermath(own, foreign)).live).toEqual([false, false]);
  });

  it('I102 untracked, the id of another organisation\'s token reaches no further than one\'s own', async () => {
    const app = await openApp({ open, tracking: false });
    const victim = await app.issue({ org: 'shop', jti: 'victim', orgs: ['bank'] });

    for (const [path, caller] of [[T2('victim'), RIVAL], [T2('victim'), PARTNER], [O2('bank', 'victim'), PARTNER]] as const) {
      const [foreign, unknown] = [await app.post(path, caller), await app.post(path.replace('victim', 'nobody'), caller)];
      expect([foreign.status, unknown.status]).toEqual([200, 200]);
      expect(Object.keys(foreign.body.data)).toEqual(Object.keys(unknown.body.data));
    }
    expect(await app.isLive(victim)).toBe(true);
  });

  it('I102 ids cannot be shifted between organisation and token id', async () => {
    const app = await openApp({ open, tracking: false, organisations: { mayManage: () => true } });
    const victim = await app.issue({ org: 'ab', jti: 'c' });

    await app.post(O2('a', 'bc'), PARTNER).expect(200);
    await app.post(O2('abc', '%20'), PARTNER).expect(200);
    await app.post(O2('a', 'b%7Cc'), PARTNER).expect(200);

    expect(await app.isLive(victim)).toBe(true);
  });

  it('I102 a user who is known elsewhere only is answered like an unknown one, to the byte, and lives on', async () => {
    const app = await openApp({ open });
    const bob = await app.issue({ org: 'kiosk', sub: 'bobby' });
    const path = (user: string) => `/organisations/shop/users/${user}/tokens/revoke`;

    const foreign = bytesOf(await app.post(path('bobby'), PARTNER));
    const unknown = bytesOf(await app.post(path('fanny'), PARTNER));

    expect(foreign.status).toBe(200);
    expect({ ...foreign, text: foreign.text.replaceAll('bobby', 'fanny') }).toEqual({
      ...unknown,
      headers: { ...unknown.headers, etag: foreign.headers['etag'] },
    });
    expect(await app.isLive(bob)).toBe(true);
  });

  it('I102 revoking an organisation leaves another organisation\'s count and tokens alone', async () => {
    const app = await openApp({ open });
    const [kiosk, rival] = [await app.issue({ org: 'kiosk' }), await app.issue({ org: 'rival' })];
    await app.issue({ org: 'shop' });

    const { body } = await app.post('/tokens/revoke', MERCHANT);

    expect(body.data.revokedTokensCount).toBe(1);
    expect((await app.aftermath(kiosk, rival)).live).toEqual([true, true]);
    await expect(app.live.list({ kind: 'organisation', id: 'kiosk' })).resolves.toMatchObject({ items: [{ organisation: 'kiosk' }] });
  });
});
