import { InvalidTokenError, type Target } from 'livetoken';
import { cleanUpAll } from '../stores/support/redis-stores.js';
import { EVERY_WORLD, issuer, reasonOf, REVOKED, type World } from './support/worlds.js';

afterEach(cleanUpAll);

/** Of org-a, which org-parent is above; session and client are those of every token of the issuer. */
const claimsOf = (jti: string) => issuer.claims({ jti, orgs: ['org-parent'] });

const TARGETS: readonly Target[] = [
  { kind: 'token', id: 'watched', organisation: 'org-a' },
  { kind: 'grant', id: 'grant-1' },
  { kind: 'session', id: 'session-1' },
  { kind: 'subject', id: 'alice' },
  { kind: 'subject', id: 'alice', sessionsOnly: true },
  { kind: 'subject', id: 'alice', client: 'web' },
  { kind: 'member', id: 'alice', organisation: 'org-a' },
  { kind: 'member', id: 'alice', organisation: 'org-parent', client: 'web' },
  { kind: 'client', id: 'web' },
  { kind: 'organisation', id: 'org-a' },
  { kind: 'organisation', id: 'org-parent' },
  { kind: 'all' },
];

/** Nothing of which the watched token falls under. */
const STRANGERS: readonly Target[] = [
  { kind: 'token', id: 'watched', organisation: 'org-b' },
  { kind: 'grant', id: 'session-1' },
  { kind: 'session', id: 'session-2' },
  { kind: 'subject', id: 'bob' },
  { kind: 'subject', id: 'alice', client: 'mobile' },
  { kind: 'member', id: 'alice', organisation: 'org-b' },
  { kind: 'client', id: 'mobile' },
  { kind: 'organisation', id: 'org-b' },
];

describe.each(EVERY_WORLD)('a watch $name', ({ open }) => {
  let world: World;
  beforeEach(async () => { world = await open(); });

  it.each(TARGETS)('aborts when %o is revoked, and says so', async (target) => {
    const watched = world.live.watch(claimsOf('watched'));
    expect(watched.aborted).toBe(false);
    await world.revoker.revoke(target);
    const reason = await reasonOf(watched);
    expect(reason).toBeInstanceOf(InvalidTokenError);
    expect(reason).toMatchObject(REVOKED);
  });

  it('stays as it is when something else is revoked, or at an instant before its token was issued', async () => {
    const watched = world.live.watch(claimsOf('watched'));
    await world.revoker.revokeAll(STRANGERS);
    const broad = TARGETS.filter(({ kind }) => !['token', 'grant', 'session'].includes(kind));
    await world.revoker.revokeAll(broad, { issuedBefore: Date.now() - 60_000 });
    // Revocations are told in their order: whoever has heard of the last has heard of all.
    const last = world.live.watch(issuer.claims({ sid: 'last', grant_id: 'last' }));
    await world.revoker.revoke({ kind: 'session', id: 'last' });
    await reasonOf(last);
    expect(watched.aborted).toBe(false);
    await world.revoker.revoke({ kind: 'all' });
    expect(await reasonOf(watched)).toMatchObject(REVOKED);
  });

  it('aborts all watches of a token, each once', async () => {
    const claims = claimsOf('watched');
    let aborts = 0;
    const signals = Array.from({ length: 3 }, () => world.live.watch(claims));
    for (const signal of signals) signal.addEventListener('abort', () => { aborts += 1; });
    await world.revoker.revoke({ kind: 'session', id: 'session-1' });
    await world.revoker.revoke({ kind: 'subject', id: 'alice' });
    for (const signal of signals) await reasonOf(signal);
    expect(aborts).toBe(3);
  });

  it('aborts, whichever comes first of a watch and a revocation that begin together', async () => {
    const revocations: Promise<unknown>[] = [];
    const signals = Array.from({ length: 60 }, (_, i) => {
      const claims = issuer.claims({ sid: `session-${i}`, grant_id: undefined });
      const revoke = (): void => { revocations.push(world.revoker.revoke({ kind: 'session', id: `session-${i}` })); };
      // 0 to 6: the revocation is so many turns of the event loop ahead, or behind.
      const turns = (i % 7) - 3;
      return new Promise<AbortSignal>((resolve) => {
        const begin = (): void => { resolve(world.live.watch(claims)); };
        if (turns < 0) begin();
        else revoke();
        afterTurns(Math.abs(turns), turns < 0 ? revoke : begin);
      });
    });
    for (const signal of await Promise.all(signals)) expect(await reasonOf(signal)).toMatchObject(REVOKED);
    await Promise.all(revocations);
  });

  it('may end another watch, and begin one, from within its abort', async () => {
    const closing = new EventTarget();
    const until = { once: (_: 'close', end: () => void) => { closing.addEventListener('close', end); }, off: () => undefined };
    const [first, second] = [world.live.watch(claimsOf('watched')), world.live.watch(claimsOf('watched'), { until })];
    let third: AbortSignal | undefined;
    first.addEventListener('abort', () => {
      closing.dispatchEvent(new Event('close'));
      third = world.live.watch(claimsOf('watched'));
    });
    await world.revoker.revoke({ kind: 'session', id: 'session-1' });
    await reasonOf(first);
    expect(await reasonOf(third!)).toMatchObject(REVOKED);
    expect(second.aborted).toBe(false);
  });

  it('aborts when its instance is closed, and whoever begins afterwards hears it at once', async () => {
    const watched = world.live.watch(claimsOf('watched'));
    const closed = world.live.close();
    expect(watched.reason).toMatchObject({ code: 'closed', status: 503 });
    await closed;
    expect(world.live.watch(claimsOf('watched')).reason).toMatchObject({ code: 'closed', status: 503 });
  });
});

function afterTurns(turns: number, work: () => void): void {
  if (turns === 0) work();
  else setImmediate(() => { afterTurns(turns - 1, work); });
}
