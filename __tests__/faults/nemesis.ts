import { setTimeout as sleep } from 'node:timers/promises';
import { openReplicated, type ReplicatedBackend } from './backend.js';
import { checkHistory, figures, type Bounds, type FaultFigures, type Violation } from './checker.js';
import { keep } from './keep.js';
import { monotonicMs, OBSERVER, type HistoryEvent } from './history.js';
import { seeded, type Random } from './random.js';
import { someFault } from './random-faults.js';
import { boundsOf, MAX_LIFETIME_S } from './scenario.js';
import { Segments } from './segments.js';
import { USUAL_RATES, World } from './world.js';

const SEGMENT_MS = 60_000;
const STORE = { acknowledge: { replicas: 1 } } as const;
const GUARDS = { a: 'replica', b: 'replica', c: 'direct' } as const;

/** Of so many segments with violations the histories are kept: enough to look into, and not a full disk. */
const MOST_KEPT = 10;

export interface NemesisResult {
  readonly faults: readonly FaultFigures[];
  readonly violations: readonly Violation[];
  readonly checks: number;
  readonly revocations: number;
}

/**
 * Random faults, one after the other, on instances and a primary with two replicas that never start anew. The history is judged a
 * segment at a time, so that no run is too long; each segment ends when all is quiet.
 *
 * @param tell of each segment as it ends
 */
export async function runNemesis(durationMs: number, seed: number, tell: (line: string) => void): Promise<NemesisResult> {
  const world = await World.open(await openReplicated(2), { seed, guards: GUARDS, store: STORE, rates: USUAL_RATES, maxLifetimeS: MAX_LIFETIME_S });
  const random = seeded(seed + 2);
  const segments = new Segments();
  const result = { faults: [] as FaultFigures[], violations: [] as Violation[], checks: 0, revocations: 0 };
  const endsAtMs = monotonicMs() + durationMs;
  try {
    world.traffic.start();
    for (let number = 1, kept = 0; monotonicMs() < endsAtMs; number++) {
      await playSegment(world, random, Math.min(endsAtMs, monotonicMs() + SEGMENT_MS));
      const history = segments.next(world.recorder.take());
      const found = judge(history, boundsOf(STORE), result);
      const isKept = found.length > 0 && kept++ < MOST_KEPT;
      const where = isKept ? `, kept in ${await keep(`nemesis-${number}`, seed, history, found)}` : '';
      tell(`segment ${number}: ${result.faults.length} faults so far, ${found.length} violations${where}`);
      for (const { invariant, message } of found.slice(0, 5)) tell(`        ${invariant}: ${message}`);
    }
    await world.traffic.stop();
  } finally {
    await world.close();
  }
  for (const line of lived(segments.longRun)) tell(line);
  const { violations } = checkHistory(segments.longRun, { memory: { growthBytesPerMinute: 1e6, warmUpMs: 300_000 } });
  result.violations.push(...violations.filter(({ invariant }) => invariant === 'I10')); // of all else it knows too little
  return result;
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

function judge(history: readonly HistoryEvent[], bounds: Partial<Bounds>, result: { faults: FaultFigures[]; violations: Violation[]; checks: number; revocations: number }): readonly Violation[] {
  const { violations } = checkHistory(history, bounds);
  result.violations.push(...violations);
  // The history begins with those before.
  result.faults.push(...figures(history, bounds).slice(result.faults.length));
  for (const { event } of history) {
    if (event === 'checked') result.checks += 1;
    else if (event === 'revoked') result.revocations += 1;
  }
  return violations;
}
