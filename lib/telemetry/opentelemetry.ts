import { metrics, trace, type Meter, type Tracer } from '@opentelemetry/api';
import type { LiveIssuers } from '../live-issuers.js';
import type { LiveTokens } from '../live-tokens.js';
import { badOption, onlyKnown } from '../option-checks.js';
import { ACTIVITY, type Activity } from '../policy/activity.js';
import { MeterGroup } from './meter-group.js';
import { observerOf } from './traced.js';

export interface InstrumentOptions {
  /** What metrics are made with. Default: the global meter provider's meter called `livetoken`. */
  readonly meter?: Meter;
  /** What spans are made with. Default: the global tracer provider's tracer called `livetoken`. */
  readonly tracer?: Tracer;
}

/** One for each meter, because two that report the same series would spoil each other's numbers. */
const groups = new WeakMap<Meter, MeterGroup>();

/**
 * Reports to OpenTelemetry what `live` does: metrics, which are read when somebody collects them, and spans for revocations and for
 * checks that ask the store. Call it after the SDK has started: a meter that was got before reports nothing.
 *
 * @param live what `createLiveTokens` or `liveIssuers` answers; of the latter all issuers are reported, by their namespaces
 * @returns a function that ends it
 * @throws TypeError for a bad option, and where it is instrumented already
 */
export function instrument(live: LiveTokens | LiveIssuers, options: InstrumentOptions = {}): () => void {
  const activities = activitiesOf(live);
  const { meter, tracer } = parseOptions(options);
  if (activities.some(({ observer }) => observer !== undefined)) {
    throw new TypeError('instrument was given what is instrumented already; call the function that the first call answered, and then instrument again.');
  }
  const group = groups.get(meter) ?? new MeterGroup(meter);
  groups.set(meter, group);
  group.join(activities);
  for (const activity of activities) activity.observer = observerOf(activity, group.duration, tracer);
  let isOver = false;
  return () => {
    if (isOver) return;
    isOver = true;
    group.leave(activities);
    for (const activity of activities) activity.observer = undefined;
  };
}

function activitiesOf(live: unknown): readonly Activity[] {
  const activities = typeof live === 'object' && live !== null ? (live as { readonly [ACTIVITY]?: readonly Activity[] })[ACTIVITY] : undefined;
  if (activities !== undefined) return activities;
  throw badOption('The first argument of instrument', live, 'what createLiveTokens({ ... }) or liveIssuers({ ... }) answers');
}

function parseOptions(options: InstrumentOptions): Required<InstrumentOptions> {
  onlyKnown('instrument', options, ['meter', 'tracer']);
  const { meter = metrics.getMeter('livetoken'), tracer = trace.getTracer('livetoken') } = options;
  if (typeof (meter as Partial<Meter> | null)?.addBatchObservableCallback !== 'function') {
    throw badOption('meter', meter, "a meter of OpenTelemetry, such as metrics.getMeter('my-app')");
  }
  if (typeof (tracer as Partial<Tracer> | null)?.startActiveSpan !== 'function') {
    throw badOption('tracer', tracer, "a tracer of OpenTelemetry, such as trace.getTracer('my-app')");
  }
  return { meter, tracer };
}
