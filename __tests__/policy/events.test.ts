import { memoryStore, StoreUnavailableError, type LiveTokenEvents, type LiveTokens } from 'livetoken';
import { targetKey } from '../../lib/model/target-key.js';
import { EVERY_STORE, onStore, type OpenStore } from '../support/every-store.js';
import { ask, guardedApi, liveTokens, outcome } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';

const issuer = createIssuer();

/** Everything that is announced from now on, in order. */
function recordEvents(live: LiveTokens): [name: keyof LiveTokenEvents, event: object][] {
  const events: [keyof LiveTokenEvents, object][] = [];
  for (const name of ['revoked', 'refused', 'unavailable', 'allowedUnchecked'] as const) live.on(name, event => events.push([name, event]));
  return events;
}

describe.each(EVERY_STORE)('events on the $name store', ({ open }) => {
  let opened: OpenStore;
  let live: LiveTokens;
  onStore(open, each => {
    opened = each;
    live = liveTokens(each.store, issuer);
  });

  it('F70 tell of a revocation: of what, until when, by whom, why', async () => {
    const events = recordEvents(live);
    const target = { kind: 'member', id: 'alice', organisation: 'org-a' } as const;

    const { epoch } = await live.revoke(target, { actor: 'admin', reason: 'stolen laptop', requestId: 'request-1' });

    expect(events).toEqual([
      [
        'revoked',
        {
          ...{ kind: 'member', key: targetKey(target), target: 'member alice in organisation org-a' },
          ...{ epoch, changed: true, actor: 'admin', reason: 'stolen laptop', requestId: 'request-1' },
        },
      ],
    ]);
  });

  it('F70 tell of a repeated revocation that it changed nothing, and leave out what was not said', async () => {
    const target = { kind: 'session', id: 's' } as const;
    await live.revoke(target);
    const events = recordEvents(live);

    await live.revoke(target);

    expect(events).toEqual([['revoked', { kind: 'session', key: targetKey(target), target: 'a session', epoch: Infinity, changed: false }]]);
  });

  it('F70 tell of each of many, and how many tracked tokens it ended', async () => {
    const tracking = liveTokens(opened.store, issuer, { tracking: true });
    await tracking.track(issuer.claims());
    const events = recordEvents(tracking);

    await tracking.revokeAll([{ kind: 'subject', id: 'alice' }, { kind: 'subject', id: 'bob' }]);

    expect(events.map(([, event]) => event)).toMatchObject([{ target: 'subject alice', count: 1 }, { target: 'subject bob', count: 0 }]);
  });

  it('F70 tell of a refused token why, and what was revoked where that is why', async () => {
    await live.revoke({ kind: 'session', id: 'session-1' });
    const events = recordEvents(live);

    await ask(guardedApi(live), issuer.token());
    await ask(guardedApi(live), createIssuer().token());
    await ask(guardedApi(live), issuer.token({ nonce: 'n', sid: 'other' }));
    await live.check(issuer.claims({ exp: 1 , iat: 0 }));

    expect(events).toEqual([
      ['refused', { reason: 'revoked', target: 'session' }],
      ['refused', { reason: 'bad_signature' }],
      ['refused', { reason: 'not_an_access_token' }],
      ['refused', { reason: 'expired' }],
    ]);
  });

  it('F64 F71 tell nothing of live tokens, missing tokens and missing scopes', async () => {
    const events = recordEvents(live);

    await live.check(issuer.claims());
    await ask(guardedApi(live, { consistency: 'strong' }), issuer.token());
    await ask(guardedApi(live), issuer.token());
    await ask(guardedApi(live));
    await ask(guardedApi(live, { scope: 'orders:write' }), issuer.token());
    await ask(guardedApi(live), 'a b');

    expect(events).toStrictEqual([]);
  });

  it('F81 tell of a store that cannot answer, for each thing that it was asked', async () => {
    const tracking = liveTokens(opened.store, issuer, { tracking: true });
    const events = recordEvents(tracking);
    await opened.close();

    await Promise.allSettled([tracking.check(issuer.claims())]);
    await Promise.allSettled([tracking.revoke({ kind: 'all' })]);
    await Promise.allSettled([tracking.track(issuer.claims())]);
    await Promise.allSettled([tracking.list({ kind: 'all' })]);
    await Promise.allSettled([tracking.find('jti-1', 'org-a')]);
    await Promise.allSettled([tracking.history()]);
    await Promise.allSettled([tracking.ready()]);

    expect(events).toEqual(
      ['check', 'revoke', 'track', 'list', 'list', 'list', 'check'].map(operation => ['unavailable', { operation, message: 'The store is closed.' }]),
    );
  });

  it('F81 tell of a request that was let through unchecked', async () => {
    const events = recordEvents(live);
    await opened.close();

    expect(await outcome(ask(guardedApi(live, { onUnavailable: 'allow' }), issuer.token()))).toBe('200');

    expect(events).toEqual([
      ['unavailable', { operation: 'check', message: 'The store is closed.' }],
      ['allowedUnchecked', { message: 'The store is closed.' }],
    ]);
  });

  it('F81 tell of no revocation that was not recorded', async () => {
    const events = recordEvents(live);
    await opened.close();

    await expect(live.revoke({ kind: 'all' })).rejects.toMatchObject({ status: 503 });
    await expect(live.revoke('garbage')).rejects.toMatchObject({ status: 401 });
    await expect(live.revoke({ kind: 'subject', id: '' })).rejects.toMatchObject({ status: 400 });

    expect(events.map(([name]) => name)).toEqual(['unavailable']);
  });
});

describe('a listener', () => {
  const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  beforeEach(() => warnings.mockClear());
  afterAll(() => warnings.mockRestore());

  const live = liveTokens(memoryStore(), issuer);
  const revokeSomething = () => live.revoke({ kind: 'session', id: 's' });

  class ListenerError extends Error {
    override readonly name = 'ListenerError';
  }
  const failing: [string, () => unknown, string][] = [
    ['throws', () => { throw new ListenerError('no'); }, 'ListenerError'],
    ['rejects', async () => { throw new ListenerError('no'); }, 'ListenerError'],
    ['rejects later', () => new Promise((_, reject) => setImmediate(reject, new TypeError('no'))), 'TypeError'],
    ['throws a string', () => { throw 'no' as unknown as Error; }, 'string'],
    ['throws nothing', () => { throw undefined as unknown as Error; }, 'undefined'],
    ['is a thenable that rejects', () => ({ then: (_: unknown, reject: (error: Error) => void) => { reject(new ListenerError('no')); } }), 'ListenerError'],
  ];
  it.each(failing)('F70 that %s breaks nothing: the others are called, the request goes on, the process is warned', async (_, listener, name) => {
    const others = jest.fn();
    const offs = [live.on('revoked', others), live.on('revoked', listener), live.on('revoked', others)];
    const later = jest.fn();
    offs.push(live.on('revoked', later));

    expect(await revokeSomething()).toMatchObject({ epoch: Infinity });
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    offs.forEach(off => off());

    expect(others).toHaveBeenCalledTimes(1);
    expect(later).toHaveBeenCalledTimes(1);
    expect(warnings.mock.calls).toEqual([
      [`A listener of the event "revoked" failed (${name}); the request went on.`, { code: 'LIVETOKEN_LISTENER' }],
    ]);
  });

  it.each(['refused', 'unavailable', 'allowedUnchecked'] as const)('F70 F81 that throws at %s changes no answer of the guard', async event => {
    const own = liveTokens(memoryStore(), issuer);
    own.on(event, () => { throw new Error('no'); });
    const revoked = issuer.token({ sub: 'bob' });
    await own.revoke({ kind: 'subject', id: 'bob' });

    expect(await outcome(ask(guardedApi(own), issuer.token()))).toBe('200');
    expect(await outcome(ask(guardedApi(own, { exposeReason: true }), revoked))).toBe('401 revoked');
    await own.close();
    expect(await outcome(ask(guardedApi(own), issuer.token()))).toBe('503 temporarily_unavailable');
    expect(await outcome(ask(guardedApi(own, { onUnavailable: 'allow' }), issuer.token()))).toBe('200');
  });

  it('F70 that never ends holds nothing up', async () => {
    const off = live.on('revoked', () => new Promise<void>(() => undefined) as unknown as undefined);

    expect(await revokeSomething()).toMatchObject({ epoch: Infinity });
    off();
  });

  it('F70 is not called once it has been taken off, and taking it off twice does no harm', async () => {
    const [off, stays] = [jest.fn(), jest.fn()];
    const end = live.on('revoked', off);
    const endOther = live.on('revoked', stays);
    await revokeSomething();
    end();
    end();
    await revokeSomething();
    endOther();

    expect([off.mock.calls.length, stays.mock.calls.length]).toEqual([1, 2]);
  });

  it('F70 that takes itself off and puts itself back is called once at each event', async () => {
    const calls = jest.fn();
    let off: () => void;
    const listener = (): void => {
      calls();
      if (calls.mock.calls.length > 10) return;
      off();
      off = live.on('revoked', listener);
    };
    off = live.on('revoked', listener);

    await revokeSomething();
    off();

    expect(calls).toHaveBeenCalledTimes(1);
  });

  it('F70 cannot change what the next one is told', async () => {
    const next = jest.fn();
    const offs = [live.on('revoked', event => { (event as { target: string }).target = 'changed'; }), live.on('revoked', next)];

    await revokeSomething();
    offs.forEach(off => off());

    expect(next).toHaveBeenCalledWith(expect.objectContaining({ target: 'a session' }));
  });

  it('F70 hears only of its own event, of its own instance', async () => {
    const refused = jest.fn();
    const off = live.on('refused', refused);

    await revokeSomething();
    await liveTokens(memoryStore(), issuer).check({});
    off();

    expect(refused).not.toHaveBeenCalled();
  });

  it.each([[undefined], [null], ['text'], [{}]])('F70 must be a function: %j', listener => {
    expect(() => live.on('revoked', listener as never)).toThrow(/^The listener given to on is .+; give a function\.$/);
  });

  it.each(['revoke', 'Revoked', 'error', '', undefined])('F70 must be for an event that there is: %j', event => {
    expect(() => live.on(event as 'revoked', () => undefined)).toThrow(
      /^The event given to on is .+; give 'revoked' or 'replayed' or 'refused' or 'unavailable' or 'replica' or 'healed' or 'storeWarning' or 'allowedUnchecked'\.$/,
    );
  });

  it('F81 is told nothing by an error of the store that is no sign of being out of reach: that is a bug, and rejects as it is', async () => {
    const store = memoryStore();
    const own = liveTokens(store, issuer);
    const events = recordEvents(own);
    jest.spyOn(store, 'epochs').mockRejectedValueOnce(new RangeError('a bug')).mockRejectedValueOnce(new StoreUnavailableError('away'));

    await expect(own.check(issuer.claims(), { consistency: 'strong' })).rejects.toThrow(RangeError);
    await expect(own.check(issuer.claims(), { consistency: 'strong' })).rejects.toThrow(StoreUnavailableError);

    expect(events).toEqual([['unavailable', { operation: 'check', message: 'away' }]]);
  });
});
