import { once } from 'node:events';
import { cleanUpAll } from '../stores/support/redis-stores.js';
import { EVERY_WORLD, issuer, reasonOf, REVOKED } from './support/worlds.js';

afterEach(cleanUpAll);

const COUNT = 10_000;

describe.each(EVERY_WORLD.filter(({ knows }) => knows))('10,000 watches of one organisation $name', ({ open }) => {
  it('are aborted one by one, or all by one revocation', async () => {
    const { live, revoker } = await open();
    const claims = (i: number) => issuer.claims({ jti: `token-${i}`, sid: `session-${i}`, grant_id: `grant-${i}`, sub: `user-${i}` });
    const signals = Array.from({ length: COUNT }, (_, i) => live.watch(claims(i)));
    const other = live.watch(issuer.claims({ org: 'org-b', sid: 'another' }));
    expect(signals.filter(({ aborted }) => aborted)).toHaveLength(0);

    await revoker.revoke({ kind: 'token', id: 'token-77', organisation: 'org-a' });
    expect(await reasonOf(signals[77]!)).toMatchObject(REVOKED);
    expect(signals.filter(({ aborted }) => aborted)).toEqual([signals[77]]);

    // Which does not hold up everything else until the last of them is aborted.
    let turns = 0;
    const count = (): void => { turns += 1; if (!signals.at(-1)!.aborted) setImmediate(count); };
    signals[0]!.addEventListener('abort', count);
    await revoker.revoke({ kind: 'organisation', id: 'org-a' });
    for (const signal of signals) if (!signal.aborted) await once(signal, 'abort');
    expect(turns).toBeGreaterThan(1);
    expect(other.aborted).toBe(false);
  });
});
