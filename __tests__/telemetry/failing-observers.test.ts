import { createNoopMeter, type Histogram, type Meter, type Span, type Tracer } from '@opentelemetry/api';
import { BasicTracerProvider, type Sampler, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { memoryStore, type LiveTokens, type RevocationStore } from 'livetoken';
import { instrument, type InstrumentOptions } from 'livetoken/opentelemetry';
import { CANARY } from '../support/captured-output.js';
import { liveTokens } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';
import { collector } from './support/collector.js';
import { recordedSpans } from './support/spans.js';

const issuer = createIssuer();

let warn: jest.SpyInstance;
beforeEach(() => { warn = jest.spyOn(process, 'emitWarning').mockImplementation(); });
afterEach(() => { warn.mockRestore(); });

const fails = (): never => { throw new RangeError(CANARY); };

/** All that can be asked of an observed store, one after another: good targets and bad ones, tokens dead and alive, and an outage. */
const STEPS: readonly ((live: LiveTokens) => Promise<unknown>)[] = [
  (live) => live.check(issuer.claims({ sub: 'alice', jti: 'checked' }), { consistency: 'strong' }),
  (live) => live.check(issuer.claims({ sub: 'alice', jti: 'checked' })),
  (live) => live.revoke({ kind: 'subject', id: 'alice' }, { actor: 'admin' }),
  (live) => live.revoke(issuer.token({ jti: 'by-text' })),
  async (live) => live.revokeVerified(await live.verify(issuer.token({ jti: 'verified' }))),
  (live) => live.revokeAll([{ kind: 'client', id: 'a' }, { kind: 'session', id: 'b' }]),
  (live) => live.check(issuer.claims({ sub: 'alice', jti: 'checked' }), { consistency: 'strong' }),
  (live) => live.authenticate(issuer.token({ sub: 'alice' }), { consistency: 'strong' }),
  (live) => live.authenticate(issuer.token({ sub: 'bob' }), { consistency: 'strong' }).then(({ claims }) => claims['sub']),
  (live) => live.revoke(null as never),
  (live) => live.revoke({ kind: CANARY, id: 'a' } as never),
  (live) => live.revokeAll([null] as never),
  (live) => live.revokeAll([undefined, { kind: 'client', id: 'a' }] as never),
  (live) => live.revokeAll(null as never),
  (live) => live.revokeAll([]),
  (live) => live.close(),
  (live) => live.check(issuer.claims(), { consistency: 'strong' }),
  (live) => live.revoke({ kind: 'all' }),
];

/** What came of each, without what differs from time to time. A step that throws before it answers with a promise is told from one that rejects. */
async function outcomes(store: RevocationStore, options?: InstrumentOptions): Promise<readonly unknown[]> {
  const live = liveTokens(store, issuer);
  if (options !== undefined) instrument(live, options);
  const found: unknown[] = [];
  for (const step of STEPS) {
    let answer: Promise<unknown> | undefined;
    try {
      answer = step(live);
      found.push(JSON.parse(JSON.stringify(await answer ?? null, (_, value: unknown) => (typeof value === 'number' ? 0 : value))));
    } catch (error) {
      const { name, message, code, status } = error as Error & { code?: unknown; status?: unknown };
      found.push({ threw: answer === undefined, name, message, code, status });
    }
  }
  return found;
}

/** The SDK, with a processor of spans that somebody wrote. */
const processing = (failing: Partial<SpanProcessor>): Tracer => {
  const harmless: SpanProcessor = { onStart: () => undefined, onEnd: () => undefined, forceFlush: async () => undefined, shutdown: async () => undefined };
  return new BasicTracerProvider({ spanProcessors: [{ ...harmless, ...failing }] }).getTracer('test');
};
const sampling = (sampler: Sampler): Tracer => new BasicTracerProvider({ sampler }).getTracer('test');

/** Nobody waits for it. */
const dropped = (answer: unknown): void => { Promise.resolve(answer).catch(() => undefined); };

/** Does as the SDK does, and something else around it. */
function tracing(startActiveSpan: (begin: (work: (span: Span) => unknown) => unknown, work: (span: Span) => unknown) => unknown, { tracer } = recordedSpans()): Tracer {
  const own = (name: string, options: object, work: (span: Span) => unknown): unknown => startActiveSpan((each) => tracer.startActiveSpan(name, options, each), work);
  return { startSpan: (...given) => tracer.startSpan(...given), startActiveSpan: own as Tracer['startActiveSpan'] };
}

/** The SDK, but for its histogram. */
function measuring(record: Histogram['record']): Meter {
  const { meter } = collector();
  return new Proxy(meter, { get: (of, name) => (name === 'createHistogram' ? () => ({ record }) : Reflect.get(of, name) as unknown) });
}

const spoilt = (method: keyof Span, spans = recordedSpans()): Tracer => tracing((begin, work) => begin((span) => work(new Proxy(span, { get: (of, name) => {
  if (name === method) return fails;
  const value: unknown = Reflect.get(of, name);
  return typeof value === 'function' ? (value as () => unknown).bind(of) : value;
} }))), spans);

const FAILING: [string, () => InstrumentOptions][] = [
  ['a span processor throws where a span begins', () => ({ tracer: processing({ onStart: fails }) })],
  ['a span processor throws where a span ends', () => ({ tracer: processing({ onEnd: fails }) })],
  ['a sampler throws', () => ({ tracer: sampling({ shouldSample: fails, toString: () => 'throws' }) })],
  ['startActiveSpan throws before it calls', () => ({ tracer: tracing(fails) })],
  ['startActiveSpan throws after it has called', () => ({ tracer: tracing((begin, work) => { dropped(begin(work)); return fails(); }) })],
  ['startActiveSpan rejects', () => ({ tracer: tracing(async (begin, work) => { await begin(work); return fails(); }) })],
  ['the end of a span throws', () => ({ tracer: spoilt('end') })],
  ['an attribute of a span throws', () => ({ tracer: spoilt('setAttribute') })],
  ['the attributes of a span throw', () => ({ tracer: spoilt('setAttributes') })],
  ['the status of a span throws', () => ({ tracer: spoilt('setStatus') })],
  ['a histogram throws', () => ({ meter: measuring(fails) })],
];

/** These tell of nothing: nobody can see that they are wrong. */
const ODD: [string, () => InstrumentOptions][] = [
  ['startActiveSpan never calls', () => ({ tracer: tracing(() => undefined) })],
  ['startActiveSpan calls twice', () => ({ tracer: tracing((begin, work) => { dropped(begin(work)); return begin(work); }) })],
  ['startActiveSpan calls later', () => ({ tracer: tracing(async (begin, work) => { await Promise.resolve(); return begin(work); }) })],
  ['nothing fails', () => ({ tracer: recordedSpans().tracer, meter: collector().meter })],
  ['nobody records anything', () => ({ meter: createNoopMeter() })],
];

describe.each([...FAILING, ...ODD])('where %s', (_, options) => {
  it('every verdict, receipt and error is what it is without instrumentation, and nothing is recorded twice or not at all', async () => {
    const [plain, observed] = [memoryStore(), memoryStore()];
    const records = [plain, observed].map((store) => jest.spyOn(store, 'record'));
    const expected = await outcomes(plain);
    expect(await outcomes(observed, options())).toEqual(expected);
    expect(records[0]).toHaveBeenCalledTimes(5);
    expect(records[1]).toHaveBeenCalledTimes(5);
  });
});

describe('an observer that fails', () => {
  it.each(FAILING)('is told of once, by name alone: where %s', async (_, options) => {
    await outcomes(memoryStore(), options());
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/OpenTelemetry .*\(RangeError\)/), { code: 'LIVETOKEN_TELEMETRY' }]]);
    expect(JSON.stringify(warn.mock.calls)).not.toContain(CANARY);
  });

  it.each(ODD)('is none where %s, whatever is revoked', async (_, options) => {
    await outcomes(memoryStore(), options());
    expect(warn).not.toHaveBeenCalled();
  });

  it.each(['setAttribute', 'setAttributes', 'setStatus'] as const)('leaves no span open, where %s throws', async (method) => {
    const [spoiltSpans, soundSpans] = [recordedSpans(), recordedSpans()];
    await outcomes(memoryStore(), { tracer: spoilt(method, spoiltSpans) });
    await outcomes(memoryStore(), { tracer: soundSpans.tracer });
    expect(spoiltSpans.ended().map(({ name }) => name)).toEqual(soundSpans.ended().map(({ name }) => name));
  });

  it('is told of again by other live tokens, and after it was instrumented again', async () => {
    const live = liveTokens(memoryStore(), issuer);
    const end = instrument(live, { tracer: tracing(fails) });
    for (let i = 0; i < 2; i++) await live.revoke({ kind: 'all' });
    expect(warn).toHaveBeenCalledTimes(1);
    end();
    instrument(live, { tracer: tracing(fails) });
    for (let i = 0; i < 2; i++) await live.revoke({ kind: 'all' });
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('does not keep metrics of others from being read, where the health of its store throws', async () => {
    const [broken, sound] = [memoryStore(), memoryStore()];
    const read = collector();
    for (const store of [broken, sound]) instrument(liveTokens(store, issuer), { meter: read.meter });
    Object.defineProperty(broken, 'replica', { get: fails });
    for (let i = 0; i < 2; i++) expect(await read.all('livetoken.watches')).toEqual({ '': 0 });
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/OpenTelemetry .*\(RangeError\)/), { code: 'LIVETOKEN_TELEMETRY' }]]);
  });
});
