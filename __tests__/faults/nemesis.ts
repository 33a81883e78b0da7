import { setTimeout as sleep } from 'node:timers/promises';
import { openReplicated, type ReplicatedBackend } from './backend.js';
import { checkHistory } from './checker.js';
import { keep } from './keep.js';
import { monotonicMs, OBSERVER, type HistoryEvent } from './history.js';
import { seeded, type Random } from './random.js';
import { someFault } from './random-faults.js';
import { boundsOf, MAX_LIFETIME_S } from './scenario.js';
import { Segments } from './segments.js';
import { Totals } from './totals.js';
import { USUAL_RATES, World } from './world.js';

const SEGMENT_MS = 60_000;
const STORE = { acknowledge: { replicas: 1 } } as const;
const GUARDS = { a: 'replica', b: 'replica', c: 'direct' } as const;

/** Of so many segments with violations the histories are kept: enough to look into, and not a full disk. */
const MOST_KEPT = 10;

/**
 * Random faults, one after the other, on instances and a primary with two replicas that never start anew. The history is judged a
 * segment at a time, so that no run is too long; each segment ends when all is quiet.
 *
 * @param tell of each segment as it ends
 */
export async function runNemesis(durationMs: number, seed: number, tell: (line: string) => void): Promise<Totals> {
  const world = await World.open(await openReplicated(2), { seed, guards: GUARDS, store: STORE, rates: USUAL_RATES, maxLifetimeS: MAX_LIFETIME_S });
  const random = seeded(seed + 2);
  const segments = new Segments();
  const totals = new Totals();
  const endsAtMs = monotonicMs() + durationMs;
  try {
    world.traffic.start();
    for (let number = 1, kept = 0; monotonicMs() < endsAtMs; number++) {
      await playSegment(world, random, Math.min(endsAtMs, monotonicMs() + SEGMENT_MS));
      const events = world.recorder.take();
      totals.count(events);
      const history = segments.next(events);
      const found = totals.judge(history, boundsOf(STORE));
      const isKept = found.length > 0 && kept++ < MOST_KEPT;
      const where = isKept ? `, kept in ${await keep(`nemesis-${number}`, seed, history, found)}` : '';
      tell(`segment ${number}: ${totals.faults.length} faults so far, ${found.length} violations${where}`);
      for (const { invariant, message } of found.slice(0, 5)) tell(`        ${invariant}: ${message}`);
    }
    await world.traffic.stop();
  } finally {
    await world.close();
  }
  for (const line of lived(segments.longRun)) tell(line);
  const { violations, examined } = checkHistory(segments.longRun, { memory: { growthBytesPerMinute: 1e6, warmUpMs: 300_000 } });
  totals.add(violations.filter(({ invariant }) => invariant === 'I10')); // of all else it knows too little
  tell(`${examined.I10} instances lived for long enough to be judged by their growth`);
  return totals;
}

const OLD_MS = 600_000;

/** How large what lives in the oldest instances was when they were warm, and at their end. */
function lived(history: readonly HistoryEvent[]): readonly string[] {
  const all = history.filter(event => event.event === 'measured');
  return [...new Set(all.map(({ instance }) => instance))].flatMap(name => {
    const measured = all.filter(({ instance }) => instance === name);
    const warm = measured.find(({ atMs }) => atMs >= measured[0]!.atMs + 60_000);
    const end = measured.at(-1)!;
    if (name === OBSERVER || warm === undefined || end.atMs - measured[0]!.atMs < OLD_MS) return [];
    const mb = (bytes: number): string => (bytes / 1e6).toFixed(1);
    return [`${name} lived ${Math.round((end.atMs - measured[0]!.atMs) / 1000)} s: ${mb(warm.liveBytes)} -> ${mb(end.liveBytes)} MB live, ${mb(warm.rssBytes)} -> ${mb(end.rssBytes)} MB resident`];
  });
}

async function playSegment(world: World<ReplicatedBackend>, random: Random, untilMs: number): Promise<void> {
  await sleep(1500);
  while (monotonicMs() < untilMs) {
    const fault = someFault(random);
    const { nature, play } = fault.plan(world, random);
    await world.readServers();
    world.begins(fault.name, nature);
    await play();
    world.isHealed(fault.name);
    await world.readServers();
    // As a rule long enough for all to recover, and to show it.
    await sleep(random.chance(0.3) ? random.between(0, 1000) : random.between(2500, 5000));
  }
  await world.takeStock();
  world.traffic.goOn();
}
