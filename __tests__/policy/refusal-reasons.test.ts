import { InvalidTokenError, memoryStore, type RefusalReason } from 'livetoken';
import { instrument } from 'livetoken/opentelemetry';
import { ask, guardedApi, liveTokens } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';
import { unionOf } from '../docs/support/source-codes.js';
import { collector } from '../telemetry/support/collector.js';

const issuer = createIssuer();

/** What a verify function of an application may give for a reason, whatever its types say. */
const NO_REASONS: readonly unknown[] = ['token of alice@example.com is odd', '', 'Expired', 'expired ', '__proto__', 'constructor', 'toString', undefined, null, 5, ['expired'], { toString: () => 'expired' }, Symbol('expired')];

const errorWith = (reason: unknown, ...message: readonly string[]) => new InvalidTokenError(reason as RefusalReason, ...message);

describe('The reason of an InvalidTokenError', () => {
  it.each(unionOf('RefusalReason'))('is %s where it is given', reason => {
    expect(errorWith(reason).reason).toBe(reason);
    expect(errorWith(reason).message).toBe(`The token is refused: ${reason.replaceAll('_', ' ')}.`);
  });

  it.each(NO_REASONS.map(reason => [reason]))('is not_verified where %p is given, which is none', reason => {
    expect(errorWith(reason).reason).toBe('not_verified');
    expect(errorWith(reason).message).toBe('The token is refused: not verified.');
    expect(errorWith(reason, 'Told by the application.').message).toBe('Told by the application.');
  });
});

describe('What a verify function of the application throws', () => {
  it('cannot put a text of its own into answers, events and metrics, however many it has', async () => {
    let calls = 0;
    const verify = async () => {
      throw errorWith(`canary-${++calls}`);
    };
    const live = liveTokens(memoryStore(), issuer, { verify });
    const { meter, ...read } = collector();
    instrument(live, { meter });
    const events: unknown[] = [];
    live.on('refused', event => events.push(event));
    const api = guardedApi(live, { exposeReason: true });

    const bodies = [];
    for (let i = 0; i < 20; i++) bodies.push((await ask(api, issuer.token())).body as unknown);

    expect(calls).toBe(20);
    expect(new Set(bodies.map(body => (body as { reason: unknown }).reason))).toEqual(new Set(['not_verified']));
    expect(events).toEqual(Array(20).fill({ reason: 'not_verified' }));
    expect(await read.counted('livetoken.checks')).toEqual({ 'verification refused not_verified': 20 });
    expect(JSON.stringify(bodies)).not.toContain('canary');
  });
});
