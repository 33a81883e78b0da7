import { loadavg } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { say, type Part, type PartResult } from '../harness/part.js';
import { startRedis, type BenchRedis } from '../harness/redis.js';
import { count, type Table } from '../harness/report.js';
import type { Settings } from '../harness/settings.js';
import { median } from '../harness/statistics.js';
import { startWorker } from '../harness/worker.js';
import { fillByRevoking } from '../measures/filling.js';
import { standing } from '../measures/scale.js';
import { asMs } from '../measures/times.js';
import type { answers, Start } from './starting-worker.js';

/** Processes that start one after the other. */
const STARTS = 5;

interface Sync extends Start {
  readonly redisCpuMs: number;
  /** Longest block that a process saw which did nothing meanwhile: what the machine does by itself. */
  readonly controlBlockMs: number;
  readonly loadAverage: number;
}

interface SizeFigures {
  readonly tokens: number;
  readonly starts: readonly Sync[];
}

export const sync: Part = {
  name: 'sync',
  about: 'how long a fresh process takes until it has a copy of all revocations',
  async run(settings: Settings): Promise<PartResult> {
    const figures: SizeFigures[] = [];
    for (const tokens of standing(settings)) figures.push({ tokens, starts: await measureSize(tokens, settings) });
    return { tables: [syncTable(figures)], data: figures };
  },
};

async function measureSize(tokens: number, settings: Settings): Promise<readonly Sync[]> {
  const redis = await startRedis();
  try {
    await fillByRevoking(redis.url, tokens, settings);
    const starts: Sync[] = [];
    for (let i = 0; i < STARTS; i++) {
      say(`sync: ${count(tokens)} revocations, process ${i + 1} of ${STARTS}`);
      starts.push(await measureStart(redis, tokens, settings));
    }
    return starts;
  } finally {
    await redis.stop();
  }
}

async function measureStart(redis: BenchRedis, tokens: number, settings: Settings): Promise<Sync> {
  const worker = startWorker<typeof answers>(new URL('./starting-worker.ts', import.meta.url), settings);
  const control = monitorEventLoopDelay({ resolution: 1 });
  try {
    // Once it answers it has loaded its modules.
    await worker.ask('wake');
    const redisBefore = await redis.cpuMicros();
    control.enable();
    const start = await worker.ask('start', { redisUrl: redis.url, tokens });
    control.disable();
    if (start.entries !== tokens) throw new Error(`The copy holds ${start.entries} revocations, and not ${tokens}.`);
    const redisCpuMs = ((await redis.cpuMicros()) - redisBefore) / 1000;
    return { ...start, redisCpuMs, controlBlockMs: control.max / 1e6, loadAverage: loadavg()[0] ?? Number.NaN };
  } finally {
    await worker.stop();
  }
}

const MILLION = 1_000_000;

const TARGETS = { readyMs: '<= 2,000 (4,000 at most)', blockMs: '<= 20' };

function syncTable(all: readonly SizeFigures[]): Table {
  return {
    title: 'Sync: from creating the store until ready(), milliseconds',
    columns: ['revocations', 'median', 'all', 'target', 'CPU', 'Redis CPU', 'longest block', 'all', 'target', 'idle process', 'bytes/entry'],
    rows: all.map(({ tokens, starts }) => {
      const middle = (of: (start: Sync) => number): number => median(starts.map(of));
      const each = (of: (start: Sync) => number): string => starts.map(start => asMs(of(start))).join(' ');
      return [
        count(tokens),
        count(middle(({ readyMs }) => readyMs)),
        starts.map(({ readyMs }) => count(readyMs)).join(' '),
        tokens === MILLION ? TARGETS.readyMs : '',
        count(middle(({ cpuMs }) => cpuMs)),
        count(middle(({ redisCpuMs }) => redisCpuMs)),
        asMs(middle(({ longestBlockMs }) => longestBlockMs)),
        each(({ longestBlockMs }) => longestBlockMs),
        TARGETS.blockMs,
        each(({ controlBlockMs }) => controlBlockMs),
        middle(({ bytes, entries }) => bytes / entries).toFixed(1),
      ];
    }),
    notes: [
      'Every start is a process of its own, whose code has not been compiled yet. CPU: of the process with all its threads, in milliseconds of one core.',
      'Longest block: of its event loop. Idle process: the longest that a process saw meanwhile that did nothing.',
      `Load average ${startsOf(all).map(({ loadAverage }) => loadAverage.toFixed(1)).join(' ')}.`,
    ],
  };
}

function startsOf(all: readonly SizeFigures[]): readonly Sync[] {
  return all.flatMap(each => each.starts);
}
