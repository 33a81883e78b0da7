import type { LiveTokens } from 'livetoken';
import { targetKey } from '../../lib/model/target-key.js';
import { EVERY_STORE, onStore } from '../support/every-store.js';
import { liveTokens } from '../support/guarded-api.js';
import { eventsOf, namesOf } from './support/events.js';
import { GRANT, issuer, login, outcomeOf } from './support/login.js';

describe.each(EVERY_STORE)('the events of live.redeem on the $name store', ({ open }) => {
  let live: LiveTokens;
  onStore(open, each => {
    live = liveTokens(each.store, issuer);
  });

  it('G84 tell of a replay, of the revocation that it causes, and of the refusal, in this order', async () => {
    const { refresh } = login();
    await live.redeem(refresh);
    const events = eventsOf(live);

    await outcomeOf(live.redeem(refresh, { actor: 'client web', requestId: 'request-1' }));

    const grant = { kind: 'grant', key: targetKey(GRANT), target: 'a grant', actor: 'client web', requestId: 'request-1' };
    expect(events).toEqual([
      ['replayed', { ...grant, sinceFirstUseMs: expect.any(Number) }],
      ['revoked', { ...grant, epoch: Infinity, changed: true, reason: 'refresh token replayed' }],
      ['refused', { reason: 'replayed' }],
    ]);
  });

  it('G84 leave out what was not said, and cut what is too long', async () => {
    const [one, other] = [login().refresh, login({ grant_id: 'grant-2' }).refresh];
    for (const refresh of [one, other]) await live.redeem(refresh);
    const replays: { readonly sinceFirstUseMs: number }[] = [];
    live.on('replayed', event => replays.push(event));

    await outcomeOf(live.redeem(one));
    await outcomeOf(live.redeem(other, { actor: 'x'.repeat(1000) }));

    expect(Object.keys(replays[0]!).sort()).toEqual(['key', 'kind', 'sinceFirstUseMs', 'target']);
    expect(replays[1]).toMatchObject({ actor: 'x'.repeat(256) });
    // Since then, and not since 1970.
    expect(replays[0]!.sinceFirstUseMs).toBeLessThan(60_000);
  });

  it('G84 tell of a replay once: what comes after it finds the grant dead', async () => {
    const { refresh } = login();
    await live.redeem(refresh);
    await outcomeOf(live.redeem(refresh));
    const events = eventsOf(live);

    expect(await outcomeOf(live.redeem(refresh))).toBe('revoked');

    expect(events).toEqual([['refused', { reason: 'revoked', target: 'grant' }]]);
    expect((await live.history()).items).toHaveLength(1);
  });

  it('G83 tell nothing of an honest use, and of a refused one why', async () => {
    const events = eventsOf(live);
    await live.redeem(login().refresh);
    expect(events).toStrictEqual([]);

    await live.revoke({ kind: 'session', id: 'session-1' });
    await outcomeOf(live.redeem(login().refresh));
    await outcomeOf(live.redeem(login({ grant_id: undefined }).refresh));
    await outcomeOf(live.redeem(login({ exp: 'tomorrow' }).refresh));

    expect(namesOf(events)).toEqual(['revoked', 'refused', 'refused', 'refused']);
    const reasons = [{ reason: 'revoked', target: 'session' }, { reason: 'unrevocable' }, { reason: 'malformed' }];
    expect(events.slice(1).map(([, event]) => event)).toEqual(reasons);
  });
});
