import type { Request } from 'express';
import { parseFailedAttempts } from '../../lib/router/oauth/failed-attempts.js';
import { OAuthError } from '../../lib/router/oauth/oauth-error.js';

const ASKING = { ip: '192.0.2.1', headers: {} } as unknown as Request;

/** Work of the application, which ends when the test says so. */
class Attempt {
  hasBegun = false;
  right: () => void = () => undefined;
  wrong: () => void = () => undefined;
  readonly #ended = new Promise<string>((resolve, reject) => {
    this.right = () => { resolve('right'); };
    this.wrong = () => { reject(new OAuthError(401, 'invalid_client', 'Client authentication failed')); };
  });

  readonly make = (): Promise<string> => {
    this.hasBegun = true;
    return this.#ended;
  };
}

function attempts(number: number, limit: number) {
  const guard = parseFailedAttempts({ limit });
  const all = Array.from({ length: number }, () => new Attempt());
  const outcomes = all.map(({ make }) => guard!.guard(ASKING, 'web', make).catch((error: unknown) => error));
  return { guard, all, outcomes, begun: () => all.map(({ hasBegun }) => hasBegun) };
}

describe('attempts of one client', () => {
  beforeEach(() => { jest.useFakeTimers({ doNotFake: ['setImmediate'] }); });
  afterEach(() => { jest.useRealTimers(); });

  const settle = async () => jest.advanceTimersByTimeAsync(0);

  it('A20 take turns, first come first', async () => {
    const { all, outcomes, begun } = attempts(4, 2);
    await settle();
    expect(begun()).toEqual([true, true, false, false]);
    all[1]!.right();
    expect(await outcomes[1]).toBe('right');
    await settle();
    expect(begun()).toEqual([true, true, true, false]);
    all[0]!.wrong();
    expect(await outcomes[0]).toMatchObject({ status: 401 });
    await settle();
    // One may still fail, and one is under way.
    expect(begun()).toEqual([true, true, true, false]);
    all[2]!.right();
    await settle();
    expect(begun()).toEqual([true, true, true, true]);
  });

  it('A20 that wait for their turn are told how long to wait, once too many have failed', async () => {
    const { all, outcomes, begun } = attempts(3, 1);
    await settle();
    await jest.advanceTimersByTimeAsync(10_000);
    all[0]!.wrong();
    expect(await outcomes[0]).toMatchObject({ status: 401 });
    for (const each of [outcomes[1], outcomes[2]]) expect(await each).toMatchObject({ status: 429, retryAfterS: 60 });
    expect(begun()).toEqual([true, false, false]);
  });

  it('A20 that never end lose their places after half a minute, as in an outage', async () => {
    const { outcomes, begun } = attempts(2, 1);
    await jest.advanceTimersByTimeAsync(29_999);
    expect(begun()).toEqual([true, false]);
    await jest.advanceTimersByTimeAsync(1);
    expect(await outcomes[0]).toMatchObject({ status: 503, code: 'temporarily_unavailable', retryAfterS: 1 });
    expect(begun()).toEqual([true, true]);
  });

  it('A20 that fail after that are counted all the same, and those that are right change nothing', async () => {
    const { guard, all, outcomes } = attempts(2, 2);
    await jest.advanceTimersByTimeAsync(30_000);
    for (const outcome of outcomes) expect(await outcome).toMatchObject({ status: 503 });
    all[0]!.right();
    all[1]!.wrong();
    await settle();
    const next = guard!.guard(ASKING, 'web', async () => { throw new OAuthError(401, 'invalid_client', 'Client authentication failed'); });
    await expect(next).rejects.toMatchObject({ status: 401 });
    await expect(guard!.guard(ASKING, 'web', async () => 'right')).rejects.toMatchObject({ status: 429 });
  });
});
