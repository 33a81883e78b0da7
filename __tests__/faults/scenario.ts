import { setTimeout as sleep } from 'node:timers/promises';
import type { Backend } from './backend.js';
import type { Bounds } from './checker.js';
import { monotonicMs, type FaultNature, type HistoryEvent, type Mode } from './history.js';
import { clientSecret, OPERATOR, type StoreSettings } from './instance-messages.js';
import { CANARY, CLIENT_IDS } from './population.js';
import { APP_PASSWORD, CHANGED_PASSWORD, ISSUER_SECRET } from './secrets.js';
import { USUAL_RATES, World, type Rates } from './world.js';

/** A fault, and the world that it happens to. */
export interface Definition<B extends Backend> {
  /** What it is called on the command line. */
  readonly name: string;
  /** For people, in a row of a table. */
  readonly fault: string;
  /** What it may do at worst. */
  readonly nature?: FaultNature;
  readonly open: () => Promise<B>;
  /** Default: two with copies, one that asks Redis every time. */
  readonly guards?: Readonly<Record<string, Mode>>;
  readonly store?: StoreSettings;
  readonly rates?: Partial<Rates>;
  /** Left out of the short form. */
  readonly isLong?: boolean;
  /** The product may revoke everything by itself, before it is healed. */
  readonly mayRevokeAll?: boolean;
  /** Where something else is promised than by default. */
  readonly bounds?: Partial<Bounds>;
  /** Before any traffic. */
  readonly prepare?: (world: World<B>) => Promise<unknown>;
  readonly begin: (world: World<B>) => unknown;
  /** How long after `begin` healing begins. */
  readonly holdMs: number;
  readonly heal?: (world: World<B>) => unknown;
  /** With traffic, once it is healed. */
  readonly afterwards?: (world: World<B>) => Promise<unknown>;
}

export interface Played {
  readonly history: readonly HistoryEvent[];
  readonly bounds: Partial<Bounds>;
}

export interface Scenario {
  readonly name: string;
  readonly fault: string;
  readonly isLong: boolean;
  /** Whether what was acknowledged before it is to be refused after it. */
  readonly isPromised: boolean;
  /** How long it takes, about. */
  readonly aboutMs: number;
  /** Plays it, and answers with all that happened. */
  play(seed: number): Promise<Played>;
}

const USUAL_GUARDS = { a: 'replica', b: 'replica', c: 'direct' } as const;

const STEADY_MS = 1500;
/** Longer than anything may take to recover. */
const SETTLE_MS = 2600;

/** The longest-lived token that instances accept. */
export const MAX_LIFETIME_S = 30;

export function scenario<B extends Backend>(definition: Definition<B>): Scenario {
  const { name, fault, isLong = false, holdMs } = definition;
  const isPromised = definition.nature?.unpromised !== true;
  return { name, fault, isLong, isPromised, aboutMs: STEADY_MS + holdMs + SETTLE_MS + 5000, play: seed => play(definition, seed) };
}

async function play<B extends Backend>(definition: Definition<B>, seed: number): Promise<Played> {
  const { name, nature, guards = USUAL_GUARDS, store = {} } = definition;
  const rates = { ...USUAL_RATES, ...definition.rates };
  const world = await World.open(await definition.open(), { seed, guards, store, rates, maxLifetimeS: MAX_LIFETIME_S });
  try {
    await definition.prepare?.(world);
    world.traffic.start();
    await sleep(STEADY_MS);
    await world.readServers();
    const beganAtMs = monotonicMs();
    world.begins(name, nature);
    await definition.begin(world);
    await sleep(definition.holdMs);
    await definition.heal?.(world);
    world.isHealed(name);
    // By now it has: what comes later is revoked by nobody else.
    if (definition.mayRevokeAll === true) world.productRevoked('all', beganAtMs);
    await world.readServers();
    await definition.afterwards?.(world);
    await sleep(SETTLE_MS);
    await world.conclude(definition.bounds?.copyRecoveryMs);
  } finally {
    await world.close();
  }
  return { history: world.recorder.events, bounds: { ...boundsOf(store), ...definition.bounds } };
}

/** What instances that are configured like this are held to. */
export function boundsOf({ acknowledge = 'primary', maxStalenessMs = 1000 }: StoreSettings): Partial<Bounds> {
  return {
    ...{ acknowledge, maxStalenessMs },
    clockToleranceMs: 0,
    // Delays are measured ten times a second, and small ones count too: on a busy machine they add up.
    loopNoiseMs: 10,
    settleSlackMs: 100,
    // In a second, with all small ones.
    stallMs: 400,
    maxLifetimeMs: MAX_LIFETIME_S * 1000,
    memory: { maxRssBytes: 600e6, maxPending: 3000 },
    canaries: [CANARY, ISSUER_SECRET, APP_PASSWORD, CHANGED_PASSWORD, OPERATOR.secret, ...CLIENT_IDS.map(clientSecret)],
  };
}
