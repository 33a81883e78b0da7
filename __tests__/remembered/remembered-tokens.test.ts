import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { RememberedTokens } from '../../lib/policy/remembered-tokens.js';

const HOUR_MS = 3_600_000;

/** Like a JWT: long, alike at the start, a signature at the end. */
function token(): string {
  return `eyJhbGciOiJIUzI1NiJ9.${'x'.repeat(400)}.${randomBytes(32).toString('base64url')}`;
}

function remembering(maxTokens: number, maxAgeMs = HOUR_MS): RememberedTokens<unknown> {
  return new RememberedTokens({ maxTokens, maxAgeMs });
}

/** The monotonic clock, moved by hand. */
function stoppedClock(): { atMs: number } {
  const clock = { atMs: 5000 };
  jest.spyOn(performance, 'now').mockImplementation(() => clock.atMs);
  return clock;
}

afterEach(() => jest.restoreAllMocks());

describe('A remembered token', () => {
  it('is found as a whole, with what was found out about it', () => {
    const remembered = remembering(10);
    const [one, other] = [token(), token()];
    remembered.set(one, 'claims of one');
    remembered.set(other, 'claims of the other');
    expect([remembered.get(one), remembered.get(other), remembered.get(token())]).toEqual(['claims of one', 'claims of the other', undefined]);
  });

  it('is not found by its end alone, nor by its start, nor by a string within it', () => {
    const remembered = remembering(10);
    const real = token();
    remembered.set(real, 'claims');
    const signature = real.slice(real.lastIndexOf('.'));
    const forged = [
      real.slice(-24),
      signature,
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"admin"}').toString('base64url')}${signature}`,
      real.replace('x', 'y'),
      `a${real}`,
      `${real}a`,
      real.slice(1),
      real.slice(0, -1),
      real.toLowerCase(),
      ` ${real}`,
      '',
    ];
    expect(forged.map(each => remembered.get(each))).toEqual(forged.map(() => undefined));
    expect(remembered.get(real)).toBe('claims');
  });

  it('is not found by its end once it belongs to the older half, either', () => {
    const remembered = remembering(4);
    const real = token();
    for (const each of [real, token(), token()]) remembered.set(each, 'claims');
    expect(remembered.get(`x${real}`)).toBeUndefined();
    expect(remembered.get(real)).toBe('claims');
  });

  it('gives way to another that ends alike, and never answers for it', () => {
    const remembered = remembering(10);
    const real = token();
    const namesake = `other${real}`;
    remembered.set(real, 'claims');
    remembered.set(namesake, 'other claims');
    expect([remembered.get(real), remembered.get(namesake)]).toEqual([undefined, 'other claims']);
  });

  it.each(['', 'a', 'a.b.c', 'x'.repeat(23), 'x'.repeat(24)])('may be shorter than what finds it: %j', short => {
    const remembered = remembering(10);
    remembered.set(short, 'claims');
    expect([remembered.get(short), remembered.get(`x${short}`)]).toEqual(['claims', undefined]);
  });

  it.each([null, 0, '', false])('is found whatever was found out about it: %j', value => {
    const remembered = remembering(10);
    remembered.set('token', value);
    expect(remembered.get('token')).toBe(value);
  });

  it('is forgotten when all are', () => {
    const remembered = remembering(4);
    const tokens = [token(), token(), token(), token()];
    for (const each of tokens) remembered.set(each, 'claims');
    remembered.clear();
    expect(tokens.map(each => remembered.get(each))).toEqual(tokens.map(() => undefined));
    remembered.set(tokens[0]!, 'new claims');
    expect(remembered.get(tokens[0]!)).toBe('new claims');
  });
});

describe('The age of what is remembered', () => {
  it('counts from its verification: being used does not make it younger', () => {
    const clock = stoppedClock();
    const remembered = remembering(10, 1000);
    remembered.set('token', 'claims');
    for (let i = 0; i < 9; i += 1) {
      clock.atMs += 111;
      expect(remembered.get('token')).toBe('claims');
    }
    clock.atMs += 1;
    expect(remembered.get('token')).toBeUndefined();
  });

  it('counts from its verification though it moved from the older half to the younger', () => {
    const clock = stoppedClock();
    const remembered = remembering(4, 1000);
    for (const each of ['token', 'a', 'b']) remembered.set(each, 'claims');
    clock.atMs += 999;
    expect(remembered.get('token')).toBe('claims');
    clock.atMs += 1;
    expect(remembered.get('token')).toBeUndefined();
  });

  it('begins anew with a new verification', () => {
    const clock = stoppedClock();
    const remembered = remembering(10, 1000);
    remembered.set('token', 'claims');
    clock.atMs += 1000;
    remembered.set('token', 'newer claims');
    clock.atMs += 999;
    expect(remembered.get('token')).toBe('newer claims');
  });

  it('is not measured by the clock on the wall, which may be set', () => {
    const clock = stoppedClock();
    const remembered = remembering(10, 1000);
    remembered.set('token', 'claims');
    jest.spyOn(Date, 'now').mockReturnValue(0);
    clock.atMs += 1000;
    expect(remembered.get('token')).toBeUndefined();
  });
});

type Use = { readonly what: 'set' | 'get'; readonly which: number } | { readonly what: 'clear' };

const uses = fc.array(
  fc.oneof(
    { weight: 20, arbitrary: fc.record({ what: fc.constantFrom('set' as const, 'get' as const), which: fc.nat({ max: 15 }) }) },
    { weight: 1, arbitrary: fc.constant({ what: 'clear' as const }) },
  ),
  { maxLength: 80 },
);

const TOKENS = Array.from({ length: 16 }, (_, n) => `token-${n}-${'s'.repeat(30)}-${n}`);

/** Looking changes what is kept: so each token is looked for in a history of its own. */
function isKept(maxTokens: number, history: readonly Use[], which: number): boolean {
  const remembered = remembering(maxTokens);
  for (const use of history) {
    if (use.what === 'clear') remembered.clear();
    else if (use.what === 'set') remembered.set(TOKENS[use.which]!, use.which);
    else remembered.get(TOKENS[use.which]!);
  }
  const found = remembered.get(TOKENS[which]!);
  if (found !== undefined && found !== which) throw new Error('The claims of another token were found.');
  return found !== undefined;
}

/**
 * Tokens that were set, and not cleared since, with how many others were set or asked for after their last use. Being asked for
 * is a use only where the token is sure to be there still: after fewer others than `sureAfter`.
 */
function othersSince(history: readonly Use[], sureAfter: number): Map<number, number> {
  const since = new Map<number, Set<number>>();
  for (const use of history) {
    if (use.what === 'clear') {
      since.clear();
      continue;
    }
    const own = since.get(use.which);
    if (use.what === 'set') since.set(use.which, new Set());
    else if (own !== undefined && own.size < sureAfter) own.clear();
    for (const [which, others] of since) if (which !== use.which) others.add(use.which);
  }
  return new Map([...since].map(([which, others]) => [which, others.size]));
}

describe('However they are used', () => {
  const maxTokens = fc.integer({ min: 2, max: 12 });

  it('there are never more tokens than the bound says', () => {
    fc.assert(
      fc.property(maxTokens, uses, (max, history) => {
        const kept = TOKENS.filter((_, which) => isKept(max, history, which));
        expect(kept.length).toBeLessThanOrEqual(max);
      }),
      { numRuns: 500 },
    );
  });

  it('nothing is found that was not set, or was not since all were forgotten', () => {
    fc.assert(
      fc.property(maxTokens, uses, (max, history) => {
        const set = othersSince(history, 0);
        for (const which of TOKENS.keys()) if (!set.has(which)) expect(isKept(max, history, which)).toBe(false);
      }),
    );
  });

  it('what is in use stays: a token survives fewer others since its last use than half the bound', () => {
    let kept = 0;
    fc.assert(
      fc.property(maxTokens, uses, (max, history) => {
        const half = Math.floor(max / 2);
        for (const [which, others] of othersSince(history, half)) {
          if (others >= half) continue;
          expect(isKept(max, history, which)).toBe(true);
          kept += 1;
        }
      }),
      { numRuns: 500 },
    );
    expect(kept).toBeGreaterThan(100);
  });

  it('one that is used all the time outlives any number of others', () => {
    const remembered = remembering(10);
    remembered.set('in use', 'claims');
    for (let n = 0; n < 1000; n += 1) {
      remembered.set(token(), n);
      expect(remembered.get('in use')).toBe('claims');
    }
  });
});
