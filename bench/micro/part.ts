import { figure, interleave, ownSpread, type Figure } from '../harness/interleave.js';
import { Issuer, type Algorithm } from '../harness/issuer.js';
import { say, type Part, type PartResult } from '../harness/part.js';
import { startRedis } from '../harness/redis.js';
import type { Settings } from '../harness/settings.js';
import { startWorker, type Worker } from '../harness/worker.js';
import type { answers as guardAnswers, GuardJob } from './guard-worker.js';
import { microTables } from './report.js';
import type { answers as tableAnswers, Growth, Memory } from './table-worker.js';

const JOBS: readonly GuardJob[] = [
  'empty middleware',
  'middleware that reads the header',
  'the same, and sets req.auth',
  'guard: remembered token',
  'guard: remembered, pool',
  'guard: remembered, pool, after a revocation',
  'guard: new token',
  'jwt.verify(token, KeyObject)',
];

/** For these every sample needs tokens that were never sent before. */
const WITH_UNSEEN: ReadonlySet<GuardJob> = new Set<GuardJob>(['guard: new token', 'jwt.verify(token, KeyObject)']);
const UNSEEN = 100;

const POOL = 5000;
const MANY_TOKENS = 100_000;

/** A sample takes a fraction of a second. */
const SAMPLES_PER_SECOND = 4;

/** Samples that are thrown away, because code is still being compiled. */
const WARM_UP_ROUNDS = 5;

export interface GuardFigures {
  readonly algorithm: Algorithm;
  /** Microseconds for each request. */
  readonly micros: Readonly<Record<string, Figure>>;
  /** The largest difference between two instances of one job. */
  readonly spread: number;
  /** Kinds of the targets that a check of one of these tokens looks up. */
  readonly targets: readonly string[];
}

export interface TableFigures {
  /** Nanoseconds, at a million entries, for all the targets of one token, where 5,000 tokens take turns. */
  readonly lookUp: Figure;
  /** The same for 100,000 tokens: next to nothing of the table is in the processor's caches. */
  readonly coldLookUp: Figure;
  readonly targets: number;
  /** For each instance. */
  readonly growth: readonly Growth[];
  readonly memory: readonly Memory[];
}

export interface MicroFigures {
  readonly guard: readonly GuardFigures[];
  readonly table: TableFigures;
}

export const micro: Part = {
  name: 'micro',
  about: 'what the guard adds to a request, without HTTP; look-ups, memory and pauses of the replica\'s table',
  async run(settings: Settings): Promise<PartResult> {
    const guard = [await measureGuard('RS256', settings), await measureGuard('HS256', settings)];
    const table = await measureTable(guard[0]?.targets ?? [], settings);
    const figures = { guard, table };
    return { tables: microTables(figures), data: figures };
  },
};

async function measureGuard(algorithm: Algorithm, settings: Settings): Promise<GuardFigures> {
  const redis = await startRedis();
  const issuer = new Issuer(algorithm);
  const workers = Array.from({ length: settings.instances }, () =>
    startWorker<typeof guardAnswers>(new URL('./guard-worker.ts', import.meta.url), settings));
  try {
    const pool = tokensOf(issuer, POOL);
    for (const worker of workers) await worker.ask('prepare', { key: issuer.key, redisUrl: redis.url, pool });
    return await sampleGuard(issuer, pool, workers, settings);
  } finally {
    await Promise.all(workers.map(worker => worker.stop()));
    await redis.stop();
  }
}

type GuardWorker = Worker<typeof guardAnswers>;

async function sampleGuard(issuer: Issuer, pool: readonly string[], workers: readonly GuardWorker[], settings: Settings): Promise<GuardFigures> {
  const sides = JOBS.map(name => ({ name, instances: workers }));
  const sample = async (worker: GuardWorker, job: GuardJob): Promise<number> => {
    const unseen = WITH_UNSEEN.has(job) ? tokensOf(issuer, UNSEEN) : [];
    return (await worker.ask('sample', { job, unseen })) / 1000;
  };
  const rounds = WARM_UP_ROUNDS + settings.secondsPerSide * SAMPLES_PER_SECOND;
  say(`micro: ${issuer.key.algorithm}, ${rounds} rounds`);
  const samples = await interleave(sides, rounds, sample, () => rememberAll(workers));
  const micros = Object.fromEntries([...samples].map(([job, of]) => [job, figure(of.map(each => each.slice(WARM_UP_ROUNDS)), each => each)]));
  const targets = (await workers[0]?.ask('targets', pool[0] ?? '')) ?? [];
  return { algorithm: issuer.key.algorithm, micros, spread: ownSpread(Object.values(micros)), targets };
}

/** Before every round: a sample must not meet a token that the guard has meanwhile forgotten. */
async function rememberAll(workers: readonly GuardWorker[]): Promise<void> {
  for (const worker of workers) await worker.ask('remember');
}

function tokensOf(issuer: Issuer, count: number): readonly string[] {
  return issuer.pool(count).map(({ token }) => token);
}

/** Instances one after another: each has the machine for itself. */
async function measureTable(kinds: readonly string[], settings: Settings): Promise<TableFigures> {
  const [cold, warm, growth, memory]: [(readonly number[])[], (readonly number[])[], Growth[], Memory[]] = [[], [], [], []];
  for (let i = 0; i < settings.instances; i++) {
    say(`micro: the table, ${i + 1} of ${settings.instances}`);
    const timed = await millionEntries(settings);
    cold.push(await lookUps(timed, kinds, MANY_TOKENS));
    warm.push(await lookUps(timed, kinds, POOL));
    growth.push(await timed.ask('growTimed'));
    await timed.stop();
    const weighed = await millionEntries(settings);
    memory.push(...(await weighed.ask('growWeighed')));
    await weighed.stop();
  }
  return { coldLookUp: figure(cold, each => each), lookUp: figure(warm, each => each), targets: kinds.length, growth, memory };
}

async function millionEntries(settings: Settings): Promise<Worker<typeof tableAnswers>> {
  const worker = startWorker<typeof tableAnswers>(new URL('./table-worker.ts', import.meta.url), settings, ['--expose-gc']);
  await worker.ask('fill');
  return worker;
}

/** Without the first few, in which code is still being compiled. */
async function lookUps(worker: Worker<typeof tableAnswers>, kinds: readonly string[], tokens: number): Promise<readonly number[]> {
  return (await worker.ask('lookUp', { kinds, tokens, rounds: 25 })).slice(5);
}
