import { setTimeout as sleep } from 'node:timers/promises';
import type { ReplicatedBackend } from './backend.js';
import type { GuardProcess } from './guard-process.js';
import type { FaultNature, Mode } from './history.js';
import type { Link, LinkMode } from './proxy.js';
import type { Random } from './random.js';
import { bucketOf, KEYS, putBack, replaceByText, tell } from './redis-commands.js';
import type { World } from './world.js';

type Replicated = World<ReplicatedBackend>;

/** What is going to happen, all of it decided. */
interface Plan {
  readonly nature?: FaultNature;
  /** Resolves once it is healed. */
  play(): Promise<unknown>;
}

/** A fault that can come at any time and be over again: the world is whole after it, though others may have other parts. */
export interface RandomFault {
  readonly name: string;
  /** How often it is taken, beside the others. */
  readonly weight: number;
  plan(world: Replicated, random: Random): Plan;
}

const MAY_LOSE = { mayLose: true } as const;
const FAILOVER = { mayLose: true, isFailover: true } as const;

/** The ways of all instances, or of one of them. */
function ways(name: string, mode: LinkMode): RandomFault {
  return {
    name,
    weight: 1,
    plan({ backend }, random) {
      const links = [...backend.links.values()];
      const some = random.chance(0.5) ? links : [random.pick(links)];
      const forMs = random.between(200, 4000);
      return {
        async play() {
          await Promise.all(some.map(link => link.set(mode)));
          await sleep(forMs);
          await backend.setLinks('pass');
          if (typeof mode === 'object' && 'delayMs' in mode) await sleep(2 * mode.delayMs);
        },
      };
    },
  };
}

/** What nobody but the instances themselves can mend takes them this long. */
const MENDING_MS = 2000;

type Command = readonly [string, ...(string | number)[]];

/** At the primary, with its own commands: there, and back. */
function told(name: string, begin: Command, { nature = {}, end }: { readonly nature?: FaultNature; readonly end?: Command } = {}): RandomFault {
  return {
    name,
    weight: 1,
    plan({ backend }, random) {
      const forMs = random.between(100, 3000);
      const { port } = backend.current;
      return {
        nature,
        async play() {
          await tell(port, begin);
          await sleep(end === undefined ? MENDING_MS : forMs);
          if (end !== undefined) await tell(port, end);
        },
      };
    },
  };
}

async function failOver({ backend }: Replicated, lackingMs: number): Promise<void> {
  const old = backend.group.primary;
  await backend.group.holdReplication();
  await sleep(lackingMs);
  await old.kill();
  backend.leadTo(await backend.group.promote());
  await old.restart();
  await backend.group.rejoin(old);
  await backend.group.untilWhole();
}

/** Some instances stay with the old primary, which nobody else sees any more. */
async function splitBrain({ backend }: Replicated, staying: readonly Link[], forMs: number): Promise<void> {
  const old = backend.group.primary;
  await backend.group.holdReplication();
  const primary = await backend.group.promote();
  for (const link of backend.links.values()) if (!staying.includes(link)) link.leadTo(primary.port);
  await sleep(forMs);
  backend.leadTo(primary);
  await backend.group.rejoin(old);
  await backend.group.untilWhole();
}

/** Nobody's connection ends, and new ones lead to another primary. */
async function handOver({ backend }: Replicated): Promise<void> {
  const old = backend.group.primary;
  backend.leadNewTo(await backend.group.promote());
  await backend.group.rejoin(old);
  await backend.group.untilWhole();
}

async function restartAfter({ backend }: Replicated, downMs: number): Promise<void> {
  await backend.current.kill();
  await sleep(downMs);
  await backend.current.restart();
  await backend.group.untilWhole();
}

async function standStill({ backend: { current } }: Replicated, forMs: number): Promise<void> {
  current.pause();
  await sleep(forMs);
  current.resume();
}

async function withoutReplicas({ backend: { group } }: Replicated, forMs: number): Promise<void> {
  await group.holdReplication();
  await sleep(forMs);
  await group.releaseReplication();
  await group.untilWhole();
}

async function otherTypes({ backend }: Replicated, forMs: number): Promise<void> {
  const keys = [KEYS.log, bucketOf({ kind: 'all' })];
  const { port } = backend.current;
  await replaceByText(port, ...keys);
  await sleep(forMs);
  await putBack(port, ...keys);
}

async function stall(guard: GuardProcess, forMs: number): Promise<void> {
  guard.stall(forMs);
  await sleep(forMs + 200);
}

/** One with a copy, one without: what would grow for hours needs somebody to grow in. */
const STAYING: readonly string[] = ['a', 'c'];

/** The new one has another name: it remembers nothing of what the other one knew. */
async function replaceInstance(world: Replicated, leaving: GuardProcess, name: string, mode: Mode): Promise<void> {
  await world.leave(leaving);
  await world.join(name, mode);
}

export const RANDOM_FAULTS: readonly RandomFault[] = [
  ways('blackhole', 'blackhole'),
  ways('replies-dropped', 'repliesDropped'),
  ways('requests-dropped', 'requestsDropped'),
  ways('zombies', 'zombie'),
  ways('reset', 'reset'),
  ways('refuse', 'refuse'),
  ways('sliced', 'sliced'),
  ways('cut', 'cut'),
  ways('latency-50ms', { delayMs: 50 }),
  ways('latency-300ms', { delayMs: 300 }),
  ways('latency-1s', { delayMs: 1000 }),
  told('script-flush', ['SCRIPT', 'FLUSH']),
  told('oom', ['CONFIG', 'SET', 'maxmemory', '1mb'], { end: ['CONFIG', 'SET', 'maxmemory', '0'] }),
  told('flushall', ['FLUSHALL'], { nature: { mayLose: true, breaks: 'wipe' } }),
  told('del-log', ['DEL', KEYS.log], { nature: MAY_LOSE }),
  { name: 'stop', weight: 2, plan: (world, random) => ({ play: later(standStill, world, random.between(100, 4000)) }) },
  { name: 'kill', weight: 2, plan: (world, random) => ({ nature: MAY_LOSE, play: later(restartAfter, world, random.between(0, 3000)) }) },
  { name: 'failover', weight: 3, plan: (world, random) => ({ nature: FAILOVER, play: later(failOver, world, random.between(0, 2000)) }) },
  {
    name: 'split-brain',
    weight: 2,
    plan(world, random) {
      const staying = [...world.backend.links.values()].filter(() => random.chance(0.5));
      return { nature: FAILOVER, play: later(splitBrain, world, staying, random.between(500, 4000)) };
    },
  },
  { name: 'left-behind', weight: 2, plan: world => ({ nature: FAILOVER, play: later(handOver, world) }) },
  { name: 'replicas-gone', weight: 1, plan: (world, random) => ({ play: later(withoutReplicas, world, random.between(200, 4000)) }) },
  { name: 'wrong-type', weight: 1, plan: (world, random) => ({ play: later(otherTypes, world, random.between(200, 2000)) }) },
  {
    name: 'stall',
    weight: 2,
    plan({ guards }, random) {
      const guard = random.pick(guards);
      return { nature: { instances: [guard.name] }, play: later(stall, guard, random.between(100, 2000)) };
    },
  },
  {
    name: 'replace-instance',
    weight: 2,
    plan(world, random) {
      const leaving = random.pick(world.guards.filter(({ name }) => !STAYING.includes(name)));
      const name = `${leaving.name[0]!}${random.below(1_000_000)}`;
      return { nature: { instances: [leaving.name] }, play: later(replaceInstance, world, leaving, name, random.chance(0.7) ? 'replica' : 'direct') };
    },
  },
];

function later<A extends readonly unknown[]>(work: (...args: A) => Promise<unknown>, ...args: A): () => Promise<unknown> {
  return () => work(...args);
}

export function someFault(random: Random): RandomFault {
  const total = RANDOM_FAULTS.reduce((sum, { weight }) => sum + weight, 0);
  let left = random.next() * total;
  for (const fault of RANDOM_FAULTS) {
    left -= fault.weight;
    if (left < 0) return fault;
  }
  return RANDOM_FAULTS[0]!;
}
