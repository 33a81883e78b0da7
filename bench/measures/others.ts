import { loadavg } from 'node:os';
import { percent } from '../harness/report.js';
import { busyMicros, micros } from '../harness/machine-load.js';
import type { BenchRedis } from '../harness/redis.js';

/** A worker of this bench that says how much of the processor it has used. */
export interface Accountable {
  ask(name: 'cpu'): Promise<NodeJS.CpuUsage>;
}

export interface Surroundings {
  /** What ran on the machine besides this bench, in cores. */
  readonly otherCores: number;
  /** Over the last minute, when it was over. */
  readonly loadAverage: number;
}

/** Does something, and says what else the machine was doing meanwhile. */
export async function amongOthers<T>(
  ours: { readonly redis: BenchRedis; readonly workers: readonly Accountable[] },
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly surroundings: Surroundings }> {
  const own = async (): Promise<number> => {
    const used = await Promise.all(ours.workers.map(worker => worker.ask('cpu')));
    return used.reduce((sum, each) => sum + micros(each), micros(process.cpuUsage()) + (await ours.redis.cpuMicros()));
  };
  const before = { own: await own(), busy: busyMicros(), atMs: performance.now() };
  const result = await work();
  const after = { own: await own(), busy: busyMicros(), atMs: performance.now() };
  const otherMicros = after.busy - before.busy - (after.own - before.own);
  const otherCores = Math.max(0, otherMicros / ((after.atMs - before.atMs) * 1000));
  return { result, surroundings: { otherCores, loadAverage: loadavg()[0] ?? Number.NaN } };
}

const NOISY_CORES = 0.1;

export function surroundingsNote(all: readonly Surroundings[]): string {
  const most = Math.max(...all.map(({ otherCores }) => otherCores));
  const loads = all.map(({ loadAverage }) => loadAverage);
  const warning = most > NOISY_CORES ? 'WARNING: other' : 'Other';
  return `${warning} processes used up to ${percent(most)} of a core meanwhile; load average ${range(loads)}.`;
}

function range(values: readonly number[]): string {
  const [least, most] = [Math.min(...values).toFixed(1), Math.max(...values).toFixed(1)];
  return least === most ? least : `${least} to ${most}`;
}
