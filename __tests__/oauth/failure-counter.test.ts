import { InsuredCounter } from '../../lib/router/oauth/failure-counter.js';
import { MAX_KEYS } from '../../lib/router/oauth/failure-windows.js';

/** As the limiters of rate-limiter-flexible do, with what is no error. */
function rejecting(reason: unknown): Promise<never> {
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- that is what is tried here
  return Promise.reject(reason);
}

const settings = { keyPrefix: 'test', points: 2, duration: 60 };

describe('a counter of failures', () => {
  it('A20 lets a key wait once it has failed as often as is allowed', async () => {
    const counter = new InsuredCounter(settings, undefined);
    await counter.count('one');
    expect(await counter.waitMs('one')).toBe(0);
    await counter.count('one');
    expect(await counter.waitMs('one')).toBeGreaterThan(59_000);
    expect(await counter.waitMs('two')).toBe(0);
  });

  it('A20 has an end to what it keeps, and goes on counting what it has', async () => {
    const counter = new InsuredCounter(settings, undefined);
    for (let i = 0; i < MAX_KEYS; i++) await counter.count(`key ${i}`);
    for (let i = 0; i < 5; i++) await counter.count('one too many');
    await counter.count('key 0');
    expect(await counter.waitMs('one too many')).toBe(0);
    expect(await counter.waitMs('key 0')).toBeGreaterThan(0);
  });

  it('A20 begins to count new ones again when the window is over', async () => {
    let nowMs = 0;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    const counter = new InsuredCounter(settings, undefined);
    for (let i = 0; i < MAX_KEYS; i++) await counter.count(`key ${i}`);
    const failTwice = async (key: string): Promise<number> => {
      for (let i = 0; i < 2; i++) await counter.count(key);
      return counter.waitMs(key);
    };

    nowMs = 59_999;
    expect(await failTwice('too early')).toBe(0);
    nowMs = 60_000;
    expect(await failTwice('in time')).toBeGreaterThan(0);
    clock.mockRestore();
  });

  it.each<[string, () => unknown]>([
    ['throws', () => { throw new Error('canary'); }],
    ['rejects', async () => Promise.reject(new Error('canary'))],
    ['rejects with nothing', () => rejecting(undefined)],
    ['answers with nothing', async () => undefined],
    ['answers with another thing', async () => ({ consumedPoints: 'many' })],
    ['answers with no number', async () => ({ consumedPoints: NaN, msBeforeNext: NaN })],
    ['does not answer', async () => new Promise(() => undefined)],
  ])('A20 counts by itself, and warns once, where the shared one %s', async (_, fails) => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation();
    const counter = new InsuredCounter(settings, () => ({ get: fails, consume: fails }) as never);
    for (let i = 0; i < 2; i++) {
      expect(await counter.waitMs('one')).toBe(0);
      await counter.count('one');
    }
    expect(await counter.waitMs('one')).toBeGreaterThan(0);
    expect(warn.mock.calls).toEqual([[expect.not.stringContaining('canary'), { code: 'LIVETOKEN_FAILED_ATTEMPTS' }]]);
    warn.mockRestore();
  });

  it('A20 asks the shared one no more where a key has to wait anyway', async () => {
    let asked = 0;
    const get = async () => {
      asked += 1;
      return null;
    };
    const counter = new InsuredCounter(settings, () => ({ get, consume: async () => undefined }));
    for (let i = 0; i < 2; i++) await counter.count('one');
    expect(await counter.waitMs('one')).toBeGreaterThan(0);
    expect(asked).toBe(0);
  });

  it('A20 takes the word of the shared one that a key has to wait, also where that rejects what is beyond its limit', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation();
    const counted = { consumedPoints: 3, msBeforeNext: 1234 };
    const counter = new InsuredCounter(settings, () => ({ get: async () => counted, consume: () => rejecting(counted) }));
    await counter.count('one');
    expect(await counter.waitMs('one')).toBe(1234);
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });
});
