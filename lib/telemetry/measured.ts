import type { Attributes } from '@opentelemetry/api';
import type { Activity } from '../policy/activity.js';
import type { CheckPath, Counts } from '../policy/counts.js';
import type { Health } from '../policy/store-reports.js';
import type { LiveState } from '../policy/store-state.js';
import type { ReplicaFigures, ReplicaState } from '../stores/replica/replica-state.js';
import type { StoreWarningCode } from '../stores/store-warning.js';

/** One number, with what keeps it apart from others of its kind. All texts among these are from lists that stand in the source. */
export interface Reading {
  readonly value: number;
  readonly attributes?: Attributes;
}

/** What is read whenever somebody collects. */
export interface Measured {
  /** Of several with the same attributes, counters are added up, and of gauges the largest counts. */
  readonly kind: 'counter' | 'upDownCounter' | 'gauge';
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  read(activity: Activity, health: Health | undefined): readonly Reading[];
}

export const MEASURED: readonly Measured[] = [
  {
    kind: 'counter',
    name: 'livetoken.checks',
    unit: '{check}',
    description: 'Tokens checked, by who told and what was answered.',
    read: ({ counts }) => readChecks(counts),
  },
  {
    kind: 'counter',
    name: 'livetoken.allowed_unchecked',
    unit: '{occurrence}',
    description: 'Requests and watches that went on though nobody could tell whether their token was revoked.',
    read: ({ counts }) => [{ value: counts.allowedUnchecked }],
  },
  {
    kind: 'counter',
    name: 'livetoken.revocations',
    unit: '{revocation}',
    description: 'Revocations recorded by this process, by kind of target.',
    read: ({ counts }) => each(counts.revocations, 'livetoken.target.kind'),
  },
  {
    kind: 'counter',
    name: 'livetoken.replays',
    unit: '{replay}',
    description: 'Refresh tokens that were used a second time, so that their grant was revoked.',
    read: ({ counts }) => [{ value: counts.replays }],
  },
  {
    kind: 'counter',
    name: 'livetoken.store.errors',
    unit: '{error}',
    description: 'Times that the store could not tell or record, by what was asked of it.',
    read: ({ counts }) => each(counts.storeErrors, 'livetoken.operation'),
  },
  {
    kind: 'counter',
    name: 'livetoken.healings',
    unit: '{healing}',
    description: 'Times that this process has given back what the store had lost, by what had become of the store.',
    read: ({ counts }) => each(counts.healings, 'livetoken.cause'),
  },
  {
    kind: 'counter',
    name: 'livetoken.healing.revocations',
    unit: '{revocation}',
    description: 'Revocations that this process has written back to a store that had lost them.',
    read: ({ counts }) => [{ value: counts.healedRevocations }],
  },
  {
    kind: 'upDownCounter',
    name: 'livetoken.state',
    unit: '{instance}',
    description: '1 for the state that health() tells, 0 for the others.',
    read: (_, health) => (health === undefined ? [] : oneOf(LIVE_STATES, health.state)),
  },
  {
    kind: 'upDownCounter',
    name: 'livetoken.store.warnings',
    unit: '{warning}',
    description: 'Warnings about the store that stand: 1, or 0.',
    read: ({ source }, health) => (source?.store.server === undefined ? [] : readWarnings(health?.warnings ?? [])),
  },
  {
    kind: 'upDownCounter',
    name: 'livetoken.watches',
    unit: '{watch}',
    description: 'Watches that have not ended: streams and sockets that hang on a token.',
    read: ({ source }) => (source === undefined ? [] : [{ value: source.watches() }]),
  },
  {
    kind: 'upDownCounter',
    name: 'livetoken.replica.state',
    unit: '{replica}',
    description: '1 for the state of the copy in this process, 0 for the others.',
    read: (_, health) => ofReplica(health, ({ state }) => oneOf(REPLICA_STATES, state)),
  },
  {
    kind: 'upDownCounter',
    name: 'livetoken.replica.entries',
    unit: '{entry}',
    description: 'Revocations in the copy in this process.',
    read: (_, health) => ofReplica(health, ({ entries }) => [{ value: entries }]),
  },
  {
    kind: 'upDownCounter',
    name: 'livetoken.replica.memory',
    unit: 'By',
    description: 'Memory of the copy in this process.',
    read: (_, health) => ofReplica(health, ({ bytes }) => [{ value: bytes }]),
  },
  {
    kind: 'gauge',
    name: 'livetoken.replica.age',
    unit: 's',
    description: 'How long ago the copy in this process was last proven complete. Before the first time: how long the process runs.',
    read: (_, health) => ofReplica(health, ({ ageMs }) => [{ value: finiteAgeMs(ageMs) / 1000 }]),
  },
  {
    kind: 'gauge',
    name: 'livetoken.replica.lag',
    unit: 's',
    description: 'From the recording of the last revocation to its arrival in the copy in this process, by the two clocks.',
    read: (_, health) => ofReplica(health, ({ lagMs }) => (lagMs === undefined ? [] : [{ value: lagMs / 1000 }])),
  },
  {
    kind: 'counter',
    name: 'livetoken.replica.resyncs',
    unit: '{resync}',
    description: 'Times that the log of revocations had to be read again from its start.',
    read: (_, health) => ofReplica(health, ({ resyncs }) => [{ value: resyncs }]),
  },
];

const LIVE_STATES: readonly LiveState[] = ['starting', 'live', 'unavailable', 'closed'];
const REPLICA_STATES: readonly ReplicaState[] = ['starting', 'live', 'stale', 'closed'];

/** A record, so that a code that is new is missed by the compiler. */
const WARNINGS: Readonly<Record<StoreWarningCode, true>> = {
  eviction_policy: true,
  evicted_keys: true,
  not_primary: true,
  unsupported_version: true,
  unsupported_mode: true,
  data_loss: true,
  memory_nearly_full: true,
  no_persistence: true,
  snapshots_only: true,
  persistence_failing: true,
  clock_difference: true,
  not_checked: true,
};

function readChecks({ checks, refused }: Counts): readonly Reading[] {
  const looked = (Object.entries(checks) as [CheckPath, Readonly<Record<string, number>>][]).flatMap(([path, results]) =>
    each(results, 'livetoken.result').map(({ value, attributes }) => ({ value, attributes: { 'livetoken.path': path, ...attributes } })),
  );
  const others = [...refused].flatMap(([path, reasons]) =>
    [...reasons].map(([reason, value]) => ({ value, attributes: { 'livetoken.path': path, 'livetoken.result': 'refused', 'livetoken.reason': reason } })),
  );
  return [...looked, ...others];
}

/** Also those that are not so: what is left out once is taken for what it was before. */
function oneOf(all: readonly string[], current: string): readonly Reading[] {
  return all.map(state => ({ value: state === current ? 1 : 0, attributes: { 'livetoken.state': state } }));
}

function readWarnings(standing: NonNullable<Health['warnings']>): readonly Reading[] {
  return Object.keys(WARNINGS).map(code => ({
    value: standing.some(warning => warning.code === code) ? 1 : 0,
    attributes: { 'livetoken.warning': code },
  }));
}

function each(numbers: Readonly<Record<string, number>>, attribute: string): readonly Reading[] {
  return Object.entries(numbers).map(([name, value]) => ({ value, attributes: { [attribute]: name } }));
}

function ofReplica(health: Health | undefined, read: (figures: ReplicaFigures) => readonly Reading[]): readonly Reading[] {
  return health?.replica === undefined ? [] : read(health.replica);
}

/** Infinity is no number in JSON, in which metrics may be sent; and to say nothing would leave the last age standing. */
function finiteAgeMs(ageMs: number): number {
  return Math.min(ageMs, performance.now());
}
