import type { Invariant } from './violation.js';

/** What a run is held to. The first group is the product's promise, the others say how exactly can be measured. */
export interface Bounds {
  /** As the instances were configured: oldest knowledge on which a token is accepted. */
  readonly maxStalenessMs: number;
  /** Of copies while all is well: the lateness that all but one in a thousand keep to. */
  readonly replicaLatenessMs: number;
  readonly settleMs: number;
  readonly guardRecoveryMs: number;
  readonly copyRecoveryMs: number;
  /** After the last revocation and the last fault: then all instances say the same. */
  readonly agreementMs: number;
  /** Within it copies write back what they alone know, once there is no fault any more. */
  readonly givingBackMs: number;
  /** From when the new primary takes writes until the guard answers. */
  readonly failoverRecoveryMs: number;
  /** How soon a copy tells of a log that was broken: two heartbeats. */
  readonly noticeMs: number;
  /** As the instances were configured. */
  readonly acknowledge: 'primary' | { readonly replicas: number };
  readonly clockToleranceMs: number;
  /** How long at least a revocation is kept, and how much longer than what it refuses: repeating it later says nothing about the first. */
  readonly leastKeptMs: number;
  /** Of tokens, as the instances were configured. Absent: how long revocations are kept is not looked at. */
  readonly maxLifetimeMs?: number;
  readonly memory: MemoryBounds;
  /** Texts that may stand in no line: tokens, their ids, grants, sessions, secrets. At least 6 characters each. */
  readonly canaries: readonly string[];

  /** Of everything that is compared with `maxStalenessMs`. */
  readonly stalenessSlackMs: number;
  /** Of everything that is compared with `settleMs`, besides what was waited for a processor. */
  readonly settleSlackMs: number;
  /** Of everything that is compared with a clock. */
  readonly clockSlackMs: number;
  /** An event loop that was held up for less was not: timers are no more exact. */
  readonly loopNoiseMs: number;
  /** Who waited for a processor for longer than this in a second may have made an instance late for something. */
  readonly stallMs: number;
  /** How long after its answer, or after what kept it is healed, a write that nobody acknowledged may still take place. */
  readonly lateWriteMs: number;
  /** What a history may be without a test of. */
  readonly untested: readonly Invariant[];
  /** Checks and revocations that may be answered 503 although all is well, on a machine that is busy with other things. */
  readonly strayUnavailable: number;
}

/** What is absent is not looked at. */
export interface MemoryBounds {
  readonly maxRssBytes?: number;
  readonly maxHeapBytes?: number;
  readonly maxPending?: number;
  /** Growth of the resident set once an instance has run for `warmUpMs` (default 10,000), over at least as long again. */
  readonly growthBytesPerMinute?: number;
  readonly warmUpMs?: number;
}

export const DEFAULT_BOUNDS: Bounds = {
  maxStalenessMs: 1000,
  replicaLatenessMs: 100,
  settleMs: 300,
  guardRecoveryMs: 1000,
  copyRecoveryMs: 2000,
  agreementMs: 2000,
  givingBackMs: 3500,
  failoverRecoveryMs: 1500,
  noticeMs: 1000,
  acknowledge: 'primary',
  clockToleranceMs: 0,
  leastKeptMs: 60_000,
  memory: {},
  canaries: [],
  stalenessSlackMs: 50,
  settleSlackMs: 50,
  clockSlackMs: 50,
  loopNoiseMs: 20,
  stallMs: 100,
  lateWriteMs: 2000,
  untested: [],
  strayUnavailable: 0,
};
