import fc from 'fast-check';
import { EVERY_STORE } from '../support/every-store.js';
import { liveTokens } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';
import { isRevoked, revocations, startMs, tokens } from './support/universe.js';

const issuer = createIssuer();

const scenarios = fc.record({
  issued: fc.array(tokens, { minLength: 1, maxLength: 8 }),
  revoked: fc.array(revocations, { maxLength: 8 }),
  issuerSkewMs: fc.constantFrom(0, 0, 1, 300),
});

describe.each(EVERY_STORE)('live.check on the $name store', ({ name: storeName, open }) => {
  it('F80 agrees with a naive model of revocation, whatever was issued and revoked, in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(scenarios, async ({ issued, revoked, issuerSkewMs }) => {
        const { store, close } = await open();
        try {
          const live = liveTokens(store, issuer, { claims: { organisation: 'org', organisations: 'orgs' }, issuerSkewMs });
          for (const { target, afterMs } of revoked) {
            await live.revoke(target, afterMs === undefined ? {} : { issuedBefore: startMs + afterMs });
          }
          const verdicts = await Promise.all(issued.map(token => live.check(issuer.claims({ ...token }))));

          expect(verdicts.map(verdict => !verdict.live)).toEqual(issued.map(token => isRevoked(token, revoked, issuerSkewMs)));
        } finally {
          await close();
        }
      }),
      { numRuns: storeName === 'memory' ? 500 : 60 },
    );
  });
});

describe('the naive model', () => {
  it('F80 judges both ways often enough to be worth agreeing with', () => {
    const samples = fc.sample(scenarios, { numRuns: 500, seed: 1 });
    const verdicts = samples.flatMap(({ issued, revoked, issuerSkewMs }) => issued.map(token => isRevoked(token, revoked, issuerSkewMs)));
    const revokedShare = verdicts.filter(Boolean).length / verdicts.length;

    expect(revokedShare).toBeGreaterThan(0.2);
    expect(revokedShare).toBeLessThan(0.8);
  });
});
