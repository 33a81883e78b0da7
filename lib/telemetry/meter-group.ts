import type { Attributes, BatchObservableResult, Histogram, Meter, Observable } from '@opentelemetry/api';
import type { Activity } from '../policy/activity.js';
import { MEASURED, type Measured, type Reading } from './measured.js';

/** From half the time that a signature takes to beyond the longest that Redis is waited for, in seconds. */
const DURATIONS_S = [0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

/**
 * All that is measured with one meter. An instrument takes one number for each set of attributes, so whatever would report the same
 * ones must be put together first: several issuers on stores of the same name, for one.
 */
export class MeterGroup {
  readonly duration: Histogram;
  readonly #meter: Meter;
  readonly #observables: ReadonlyMap<Measured, Observable>;
  readonly #activities = new Set<Activity>();

  constructor(meter: Meter) {
    this.#meter = meter;
    this.#observables = new Map(MEASURED.map(measured => [measured, observableOf(meter, measured)]));
    this.duration = meter.createHistogram('livetoken.check.duration', {
      unit: 's',
      description: 'Time until a check was answered, of those that were waited for: not of remembered tokens.',
      advice: { explicitBucketBoundaries: DURATIONS_S },
    });
  }

  join(activities: readonly Activity[]): void {
    if (this.#activities.size === 0) this.#meter.addBatchObservableCallback(this.#collect, [...this.#observables.values()]);
    for (const activity of activities) this.#activities.add(activity);
  }

  leave(activities: readonly Activity[]): void {
    for (const activity of activities) this.#activities.delete(activity);
    if (this.#activities.size === 0) this.#meter.removeBatchObservableCallback(this.#collect, [...this.#observables.values()]);
  }

  readonly #collect = (result: BatchObservableResult): void => {
    const found = new Map([...this.#observables.keys()].map(measured => [measured, [] as Required<Reading>[]]));
    // One that cannot be read leaves the others as they are.
    for (const activity of this.#activities) activity.observe(() => { read(activity, found); });
    for (const [measured, observable] of this.#observables) {
      const readings = together(found.get(measured) ?? [], measured.kind === 'gauge' ? Math.max : add);
      for (const { value, attributes } of readings) result.observe(observable, value, attributes);
    }
  };
}

function read(activity: Activity, found: ReadonlyMap<Measured, Required<Reading>[]>): void {
  const [health, common] = [activity.source?.health(), commonAttributes(activity)];
  for (const [measured, readings] of found) {
    readings.push(...measured.read(activity, health).map(({ value, attributes }) => ({ value, attributes: { ...common, ...attributes } })));
  }
}

/** Which store it is, in the words of whoever set it up. */
export function commonAttributes({ source }: Activity): Attributes {
  if (source === undefined) return {};
  const { name, namespace } = source.store;
  return { 'livetoken.store': name, ...(namespace !== undefined && { 'livetoken.namespace': namespace }) };
}

function observableOf(meter: Meter, { kind, name, unit, description }: Measured): Observable {
  if (kind === 'counter') return meter.createObservableCounter(name, { unit, description });
  if (kind === 'upDownCounter') return meter.createObservableUpDownCounter(name, { unit, description });
  return meter.createObservableGauge(name, { unit, description });
}

/** One reading for each set of attributes, which come in the same order each time. */
function together(readings: readonly Required<Reading>[], combine: (one: number, other: number) => number): Iterable<Required<Reading>> {
  const found = new Map<string, Required<Reading>>();
  for (const { value, attributes } of readings) {
    const key = JSON.stringify(attributes);
    const before = found.get(key);
    found.set(key, { value: before === undefined ? value : combine(before.value, value), attributes });
  }
  return found.values();
}

function add(one: number, other: number): number {
  return one + other;
}
