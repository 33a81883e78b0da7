import { MeterProvider, MetricReader, type CollectionResult, type DataPoint, type Histogram } from '@opentelemetry/sdk-metrics';
import type { Attributes, Meter } from '@opentelemetry/api';

class Reader extends MetricReader {
  protected override async onShutdown(): Promise<void> { /* nothing is open */ }
  protected override async onForceFlush(): Promise<void> { /* nothing is kept back */ }
}

/** The SDK of OpenTelemetry, read whenever a test wants to. */
export interface Collector {
  readonly meter: Meter;
  /** What was read of a metric now: its labels in words, and its number. Of histograms how many there were. */
  all(name: string): Promise<Readonly<Record<string, number>>>;
  /** The same without those that are 0. */
  counted(name: string): Promise<Readonly<Record<string, number>>>;
  /** All that was read. */
  collect(): Promise<CollectionResult>;
}

export function collector(): Collector {
  const reader = new Reader();
  const meter = new MeterProvider({ readers: [reader] }).getMeter('test');
  const all: Collector['all'] = async name => {
    const { resourceMetrics, errors } = await reader.collect();
    expect(errors).toEqual([]);
    const metric = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics).find(({ descriptor }) => descriptor.name === name);
    const points = (metric?.dataPoints ?? []) as readonly DataPoint<number | Histogram>[];
    return Object.fromEntries(points.map(({ attributes, value }) => [inWords(attributes), typeof value === 'number' ? value : value.count]));
  };
  return {
    meter,
    all,
    async counted(name) {
      return Object.fromEntries(Object.entries(await all(name)).filter(([, value]) => value !== 0));
    },
    collect: () => reader.collect(),
  };
}

/** `livetoken.path=direct livetoken.result=live` as `direct live`; the store and its namespace, where they do not matter, left out. */
function inWords(attributes: Attributes): string {
  return Object.entries(attributes).filter(([name]) => name !== 'livetoken.store' && name !== 'livetoken.namespace').map(([, value]) => String(value)).join(' ');
}
