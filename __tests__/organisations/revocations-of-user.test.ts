import type { Target } from 'livetoken';
import { EVERY_STORE } from '../support/every-store.js';
import { MERCHANT, PARTNER } from '../support/organisation-tree.js';
import { closeApps, openApp, type RevocationApp } from '../support/revocation-app.js';
import { sendRaw } from '../support/send-raw.js';

const PATHS = [['the path of a partner', '/organisations/shop/revocations', PARTNER], ['the path of a merchant', '/revocations', MERCHANT]] as const;

afterEach(closeApps);

async function wordsAt(app: RevocationApp, path: string, authorization: string): Promise<readonly string[]> {
  const { status, text } = await sendRaw(app.server, 'GET', path, { authorization });
  if (status !== 200) throw new Error(`${path} was answered ${status}: ${text}`);
  const { data } = JSON.parse(text) as { readonly data: { readonly revocations: readonly { readonly target: string }[] } };
  return data.revocations.map(({ target }) => target);
}

describe.each(EVERY_STORE)('What was revoked of one user of an organisation, on the $name store,', ({ open }) => {
  it.each(PATHS)('holds what administrators end of it: sessions, the tokens of a client, everything (%s)', async (_, path, caller) => {
    const app = await openApp({ open, tracking: false });
    await app.delete('/users/alice/sessions', MERCHANT).expect(204);
    await app.delete('/users/alice/clients/web/tokens', MERCHANT).expect(204);
    await app.post('/organisations/shop/users/alice/tokens/revoke', PARTNER).expect(200);

    expect(await wordsAt(app, `${path}?userId=alice&order=oldest`, caller)).toEqual([
      'member alice in organisation shop, sessions only',
      'member alice in organisation shop, client web only',
      'member alice in organisation shop',
    ]);
    expect(await wordsAt(app, `${path}?userId=alice&actor=key+partner-key`, caller)).toEqual(['member alice in organisation shop']);
  });

  it.each(PATHS)('holds nothing of another user, of another organisation, or of neither (%s)', async (_, path, caller) => {
    const app = await openApp({ open });
    const others: Target[] = [
      ...['Alice', 'alice ', 'alice2', 'shop', 'web'].flatMap(id => narrowings({ kind: 'member', id, organisation: 'shop' })),
      ...['bank', 'stall', 'kiosk', 'rival', 'alice'].flatMap(organisation => narrowings({ kind: 'member', id: 'alice', organisation })),
      ...narrowings({ kind: 'subject', id: 'alice' }),
      { kind: 'member', id: 'bob', organisation: 'shop', client: 'alice' },
      ...([{ kind: 'organisation', id: 'shop' }, { kind: 'token', id: 'alice', organisation: 'shop' }, { kind: 'client', id: 'alice' }, { kind: 'session', id: 'alice' }, { kind: 'all' }] as const),
    ];
    await app.live.revokeAll(others);

    expect(await wordsAt(app, `${path}?userId=alice`, caller)).toEqual([]);
    expect((await wordsAt(app, path, caller)).length).toBeGreaterThan(15);
  });

  it('keeps apart users whose names differ in what cannot be printed', async () => {
    const app = await openApp({ open });
    await app.live.revoke({ kind: 'member', id: 'a\nb', organisation: 'shop', sessionsOnly: true });

    expect(await wordsAt(app, '/revocations?userId=a%0Ab', MERCHANT)).toEqual(['member a?b in organisation shop, sessions only']);
    expect(await wordsAt(app, '/revocations?userId=a%3Fb', MERCHANT)).toEqual([]);
  });
});

function narrowings(user: Extract<Target, { kind: 'member' | 'subject' }>): readonly Target[] {
  return [user, { ...user, sessionsOnly: true }, { ...user, client: 'web' }] as readonly Target[];
}
