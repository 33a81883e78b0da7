import { metrics, trace } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { memoryStore, type LiveTokens } from 'livetoken';
import { instrument } from 'livetoken/opentelemetry';
import { A, apiOf, B, twoIssuers } from '../issuers/support/two-issuers.js';
import { ask, guardedApi, liveTokens, outcome } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';
import { collector } from './support/collector.js';
import { openPatientStore } from './support/patient-stores.js';
import { recordedSpans } from './support/spans.js';

const issuer = createIssuer();
const onMemory = () => liveTokens(memoryStore(), issuer);

describe('instrument', () => {
  it('refuses what is instrumented already, and says what to do', async () => {
    const [live, one, other] = [onMemory(), collector(), collector()];
    instrument(live, { meter: one.meter });

    expect(() => instrument(live, { meter: other.meter })).toThrow(new TypeError(
      'instrument was given what is instrumented already; call the function that the first call answered, and then instrument again.',
    ));

    await live.check(issuer.claims());
    expect(await one.counted('livetoken.checks')).toEqual({ 'replica live': 1 });
    expect(await other.counted('livetoken.checks')).toEqual({});
  });

  it('can begin again once it has ended; to end it twice does no harm', async () => {
    const [live, one, other] = [onMemory(), collector(), collector()];
    const end = instrument(live, { meter: one.meter });
    await live.check(issuer.claims());
    await one.counted('livetoken.checks');

    end();
    instrument(live, { meter: other.meter });
    end();
    await live.check(issuer.claims());

    expect(await one.counted('livetoken.checks')).toEqual({ 'replica live': 1 });
    expect(await other.counted('livetoken.checks')).toEqual({ 'replica live': 2 });
    expect(await other.all('livetoken.check.duration')).toEqual({ replica: 1 });
  });

  const mistakes: [string, () => unknown, RegExp][] = [
    ['nothing', () => instrument(undefined as never), /^The first argument of instrument is undefined; give what createLiveTokens/],
    ['a store', () => instrument(memoryStore() as never), /^The first argument of instrument is an object; give what createLiveTokens/],
    ['an option that does not exist', () => instrument(onMemory(), { metre: {} } as never), /^instrument has no option metre; its options are meter, tracer\.$/],
    ['no meter', () => instrument(onMemory(), { meter: 'livetoken' as never }), /^meter is a string; give a meter of OpenTelemetry/],
    ['null as a meter', () => instrument(onMemory(), { meter: null as never }), /^meter is null; give a meter/],
    ['no tracer', () => instrument(onMemory(), { tracer: {} as never }), /^tracer is an object; give a tracer of OpenTelemetry/],
  ];
  it.each(mistakes)('refuses %s', (_, mistake, message) => {
    expect(mistake).toThrow(TypeError);
    expect(mistake).toThrow(message);
  });

  it('leaves alone what it refused', async () => {
    const live = onMemory();
    expect(() => instrument(live, { tracer: {} as never })).toThrow(TypeError);
    expect(instrument(live, { meter: collector().meter })).toBeInstanceOf(Function);
  });

  it('tells stores apart by their namespaces, and adds up what it cannot tell apart', async () => {
    const read = collector();
    const opened = await Promise.all([openPatientStore('shop'), openPatientStore('bank')]);
    const [shop, bank, one, other] = [...opened.map(({ store }) => liveTokens(store, issuer)), onMemory(), onMemory()] as [LiveTokens, LiveTokens, LiveTokens, LiveTokens];
    for (const live of [shop, bank, one, other]) instrument(live, { meter: read.meter });

    for (const [live, times] of [[shop, 1], [bank, 2], [one, 3], [other, 4]] as const) {
      for (let i = 0; i < times; i++) await live.check(issuer.claims());
    }

    const { resourceMetrics } = await read.collect();
    const checks = resourceMetrics.scopeMetrics[0]!.metrics.find(({ descriptor }) => descriptor.name === 'livetoken.checks')!;
    const live = checks.dataPoints.filter(({ value }) => value !== 0).map(({ attributes, value }) => ({ ...attributes, value }));
    const common = { 'livetoken.path': 'replica', 'livetoken.result': 'live' };
    expect(live).toEqual([
      { 'livetoken.store': 'redis', 'livetoken.namespace': 'shop', ...common, value: 1 },
      { 'livetoken.store': 'redis', 'livetoken.namespace': 'bank', ...common, value: 2 },
      { 'livetoken.store': 'memory', ...common, value: 7 },
    ]);
    await Promise.all(opened.map(each => each.close()));
  });

  it('goes on with the others of a meter when one of them ends', async () => {
    const [read, one, other] = [collector(), onMemory(), onMemory()];
    const end = instrument(one, { meter: read.meter });
    instrument(other, { meter: read.meter });
    await one.check(issuer.claims());
    end();

    for (let i = 0; i < 3; i++) await other.check(issuer.claims());

    expect(await read.counted('livetoken.checks')).toEqual({ 'replica live': 3 });
  });

  it('takes the global meter and tracer of OpenTelemetry where none are given', async () => {
    const read = collector();
    const exporter = new InMemorySpanExporter();
    metrics.setGlobalMeterProvider({ getMeter: name => (name === 'livetoken' ? read.meter : new MeterProvider().getMeter(name)) });
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    try {
      const live = onMemory();
      instrument(live);
      await live.check(issuer.claims(), { consistency: 'strong' });

      expect(await read.counted('livetoken.checks')).toEqual({ 'direct live': 1 });
      expect(exporter.getFinishedSpans().map(({ name, instrumentationScope }) => [name, instrumentationScope.name])).toEqual([['livetoken.check', 'livetoken']]);
    } finally {
      metrics.disable();
      trace.disable();
    }
  });

  it('without an SDK changes nothing', async () => {
    const live = onMemory();
    const end = instrument(live);
    const api = guardedApi(live, { consistency: 'strong' });

    expect(await outcome(ask(api, issuer.token()))).toBe('200');
    await live.revoke({ kind: 'session', id: 'session-1' });
    expect(await outcome(ask(api, issuer.token()))).toBe('401 invalid_token');
    end();
  });
});

describe('instrument of several issuers', () => {
  it('counts the checks of all of them, and the tokens of none of them', async () => {
    const [{ a, b, issuers }, read] = [twoIssuers(), collector()];
    instrument(issuers, { meter: read.meter });
    const api = apiOf(issuers);
    const token = a.issuer.token();

    await ask(api, token);
    await ask(api, token);
    await ask(api, b.issuer.token());
    await b.live.revoke({ kind: 'client', id: 'web' });
    await ask(api, b.issuer.token());
    await ask(api, a.issuer.token({ iss: 'https://c.example' }));
    await ask(api, 'a.b.c');

    expect(await read.counted('livetoken.checks')).toEqual({
      ...{ 'replica live': 2, 'remembered live': 1, 'replica revoked': 1 },
      ...{ 'verification refused wrong_issuer': 1, 'verification refused malformed': 1 },
    });
    expect(await read.counted('livetoken.revocations')).toEqual({ client: 1 });
  });

  it('is refused where one of them is instrumented already, and then leaves the others alone', () => {
    const { a, b, issuers } = twoIssuers();
    instrument(b.live, { meter: collector().meter });

    expect(() => instrument(issuers, { meter: collector().meter })).toThrow(/instrumented already/);

    expect(instrument(a.live, { meter: collector().meter })).toBeInstanceOf(Function);
  });

  it('tells their spans apart by namespace, and never by the texts of tokens', async () => {
    const opened = await Promise.all([openPatientStore('of-a'), openPatientStore('of-b')]);
    const { a, b, issuers } = twoIssuers({ store: opened[0].store }, { store: opened[1].store });
    const [read, spans] = [collector(), recordedSpans()];
    instrument(issuers, { meter: read.meter, tracer: spans.tracer });

    for (const side of [a, b]) await ask(apiOf(issuers, { consistency: 'strong' }), side.issuer.token());

    expect(spans.ended().map(({ attributes }) => attributes['livetoken.namespace'])).toEqual(['of-a', 'of-b']);
    const told = JSON.stringify([spans.ended().map(({ attributes }) => attributes), (await read.collect()).resourceMetrics.scopeMetrics]);
    expect(told).toContain('of-a');
    for (const secret of [A, B, 'alice', 'org-a', 'jti-1', 'session-1']) expect(told).not.toContain(secret);
    await Promise.all(opened.map(each => each.close()));
  });
});

describe('live tokens that nobody instruments', () => {
  it('need no OpenTelemetry: nothing of the package but livetoken/opentelemetry loads it', () => {
    jest.isolateModules(() => {
      jest.doMock('@opentelemetry/api', () => { throw new Error('It is not installed.'); });
      const { createLiveTokens } = jest.requireActual<{ createLiveTokens: (options: object) => LiveTokens }>('../../lib/index.ts');
      expect(createLiveTokens({ store: memoryStore(), maxLifetime: 60 }).health().state).toBe('starting');
      expect(() => { jest.requireActual('../../lib/telemetry/opentelemetry.ts'); }).toThrow('It is not installed.');
      jest.dontMock('@opentelemetry/api');
    });
  });
});
