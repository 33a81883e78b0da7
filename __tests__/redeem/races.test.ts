import { memoryStore, type Claims } from 'livetoken';
import { until } from '../stores/support/until.js';
import { EVERY_STORE, onStore, type OpenStore } from '../support/every-store.js';
import { liveTokens } from '../support/guarded-api.js';
import { interruptible } from './support/interruptible.js';
import { GRANT, issuedAt, issuer, login, outcomeOf, stateOf, successors } from './support/login.js';

const ALICE = { kind: 'subject', id: 'alice' } as const;

describe.each(EVERY_STORE)('what happens while a refresh token is redeemed on the $name store', ({ open }) => {
  let opened: OpenStore;
  onStore(open, each => { opened = each; });

  it.each(['useOnce', 'epochs'] as const)('G85 a revocation that comes at the last moment before the question %s is seen', async question => {
    const { store, before } = interruptible(opened.store);
    const live = liveTokens(store, issuer);
    before(question, () => liveTokens(opened.store, issuer).revoke(ALICE));
    expect(await outcomeOf(live.redeem(login().refresh))).toBe('revoked');
  });

  it('G86 a revocation that comes between use and look is never before the time that new tokens are issued at', async () => {
    const { store, before } = interruptible(opened.store);
    const live = liveTokens(store, issuer);
    const epochs: number[] = [];
    before('epochs', async () => {
      const { epoch } = await liveTokens(opened.store, issuer).revoke({ kind: 'subject', id: 'bob' });
      epochs.push(epoch);
      await until(() => Date.now() > epoch + 1);
    });
    const { issueAtMs } = await live.redeem(login().refresh);
    expect(issueAtMs).toBeLessThanOrEqual(epochs[0]!);
  });

  it('G85 is asked of the store itself, whatever the copy in this process knows', async () => {
    const consistencies: unknown[] = [];
    const epochs = async (...args: Parameters<typeof opened.store.epochs>) => {
      consistencies.push(args[1]);
      return opened.store.epochs(...args);
    };
    const store = new Proxy(opened.store, {
      get: (target, name) => {
        const member: unknown = name === 'epochs' ? epochs : Reflect.get(target, name, target);
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
    await liveTokens(store, issuer).redeem(login().refresh);
    expect(consistencies).toEqual(['strong']);
  });

  it('G84 a replay between first use and look ends the first use as well', async () => {
    const { store, before } = interruptible(opened.store);
    const first = liveTokens(store, issuer);
    const second = liveTokens(opened.store, issuer);
    const { refresh } = login();
    const outcomes: string[] = [];
    before('epochs', async () => outcomes.push(await outcomeOf(second.redeem(refresh))));
    outcomes.push(await outcomeOf(first.redeem(refresh)));
    expect(outcomes).toEqual(['replayed', 'revoked']);
  });

  it('G84 a replay after the first use is over, and before its tokens are signed, ends them', async () => {
    const live = liveTokens(opened.store, issuer);
    const { refresh } = login();
    const redemption = await live.redeem(refresh);
    await outcomeOf(live.redeem(refresh));
    const next = successors(refresh, redemption);
    expect([await stateOf(live, next.access), await outcomeOf(live.redeem(next.refresh))]).toEqual(['revoked', 'revoked']);
  });

  it('G84 a replay is refused only when its revocation has been recorded', async () => {
    const { store, before } = interruptible(opened.store);
    const live = liveTokens(store, issuer);
    const { refresh, access } = login();
    await live.redeem(refresh);
    const order: string[] = [];
    live.on('replayed', () => order.push('told'));
    before('record', async () => {
      await new Promise(setImmediate);
      order.push('recorded');
    });
    await outcomeOf(live.redeem(refresh)).then(outcome => order.push(outcome));
    expect(order).toEqual(['told', 'recorded', 'replayed']);
    expect(await stateOf(live, access)).toBe('revoked');
  });
});

describe('a revocation that comes while new tokens are being signed', () => {
  const MAX_LIFETIME_S = 3600;

  it.each([ALICE, GRANT])('G86 refuses them until they have expired, however long signing takes: %j', async target => {
    let nowMs = Date.now();
    const live = liveTokens(memoryStore({ now: () => nowMs }), issuer, { now: () => nowMs, maxLifetime: MAX_LIFETIME_S });
    const { refresh } = login({}, nowMs - 1000);
    const redemption = await live.redeem(refresh);
    nowMs += 1;
    const { keepUntil } = await live.revoke(target);
    // The event loop stands still for an hour, say.
    nowMs += 3_000_000;
    const late = successors(refresh, redemption, MAX_LIFETIME_S);
    const expiresAtMs = (late.access['exp'] as number) * 1000;

    expect(await stateOf(live, late.access)).toBe('revoked');
    expect(keepUntil).toBeGreaterThan(expiresAtMs + 60_000);
    nowMs = expiresAtMs;
    expect(await stateOf(live, late.access)).toBe('revoked');
    expect(await outcomeOf(live.redeem(late.refresh))).toBe('revoked');
  });
});

describe('a grant that is refreshed again and again', () => {
  it('G86 never outruns an epoch, also one that is set back to before its last tokens', async () => {
    let nowMs = Date.now();
    const live = liveTokens(memoryStore({ now: () => nowMs }), issuer, { now: () => nowMs });
    const grantedAtMs = nowMs;
    const tokens: Claims[] = [issuedAt(nowMs, { token_use: 'refresh' })];
    for (let round = 0; round < 20; round += 1) {
      nowMs += 500_000;
      const last = tokens.at(-1)!;
      const { refresh, access } = successors(last, await live.redeem(last), 600);
      tokens.push(access, refresh);
      expect(await stateOf(live, access)).toBe('live');
    }
    const [access, refresh] = tokens.slice(-2) as [Claims, Claims];

    await live.revoke(ALICE, { issuedBefore: grantedAtMs - 1 });
    expect(await stateOf(live, access)).toBe('live');
    await live.revoke(ALICE, { issuedBefore: grantedAtMs });

    expect([await stateOf(live, access), await outcomeOf(live.redeem(refresh))]).toEqual(['revoked', 'revoked']);
  });
});
