import { figure, interleave, isWithinSpread, ownSpread, type Figure, type Side, type Slices } from '../harness/interleave.js';
import { Issuer } from '../harness/issuer.js';
import { say, type Part, type PartResult } from '../harness/part.js';
import { count, percent, short, type Table } from '../harness/report.js';
import type { Settings } from '../harness/settings.js';
import { surroundingsNote } from '../measures/others.js';
import { isShort } from '../measures/scale.js';
import { measureSlice, startInstance, stopInstance, type Instance, type Slice } from './instance.js';
import { JOBS, SIDES, type Job, type WritesSide } from './jobs.js';

const ROUNDS = 8;
const SHORT_ROUNDS = 3;

interface JobFigures {
  readonly job: Job;
  readonly sides: ReadonlyMap<WritesSide, SideFigures>;
}

interface SideFigures {
  readonly perSecond: Figure;
  readonly processMicros: Figure;
  readonly redisMicros: Figure;
}

export const writes: Part = {
  name: 'writes',
  about: 'revocations a second from one process, by call and over HTTP, next to a SET for each',
  async run(settings: Settings): Promise<PartResult> {
    const sides = await startSides(settings);
    try {
      // Code has to be compiled, whatever is measured first.
      for (const job of JOBS) for (const instance of sides.flatMap(({ instances }) => instances)) await measureSlice(instance, job);
      const measured = [];
      for (const job of JOBS) measured.push({ job, slices: await measureJob(job, sides, settings) });
      const jobs = measured.map(({ job, slices }) => jobFigures(job, slices));
      const slices = measured.flatMap(each => [...each.slices.values()].flat(2));
      const data = jobs.map(({ job, sides: of }) => ({ job, sides: Object.fromEntries(of) }));
      return { tables: [writesTable(jobs, surroundingsNote(slices.map(({ surroundings }) => surroundings)))], data };
    } finally {
      await Promise.all(sides.flatMap(({ instances }) => instances).map(stopInstance));
    }
  },
};

async function startSides(settings: Settings): Promise<readonly Side<Instance, WritesSide>[]> {
  const issuer = new Issuer('RS256');
  const sides: Side<Instance, WritesSide>[] = [];
  for (const name of SIDES) {
    const instances = await Promise.all(Array.from({ length: settings.instances }, () => startInstance(name, issuer, settings)));
    sides.push({ name, instances });
  }
  return sides;
}

async function measureJob(job: Job, sides: readonly Side<Instance, WritesSide>[], settings: Settings): Promise<ReadonlyMap<WritesSide, Slices<Slice>>> {
  const rounds = isShort(settings) ? SHORT_ROUNDS : ROUNDS;
  say(`writes: ${job.name}, ${rounds} rounds of ${count(job.tokens)}`);
  return interleave(sides, rounds, instance => measureSlice(instance, job));
}

function jobFigures(job: Job, slices: ReadonlyMap<WritesSide, Slices<Slice>>): JobFigures {
  const sides = [...slices].map(([side, of]) => [side, {
    perSecond: figure(of, ({ perSecond }) => perSecond),
    processMicros: figure(of, ({ processMicros }) => processMicros),
    redisMicros: figure(of, ({ redisMicros }) => redisMicros),
  }] as const);
  return { job, sides: new Map(sides) };
}

function writesTable(jobs: readonly JobFigures[], surroundings: string): Table {
  return {
    title: 'Writes: revocations a second from one process',
    columns: ['revocations', 'side', 'per second', '/ naive', 'CPU us', 'Redis CPU us', '/ naive', 'A/A per second', 'A/A Redis CPU', ''],
    rows: jobs.flatMap(({ job, sides }) => [...sides].map(([side, figures]) => rowOf(job, side, figures, sides))),
    notes: [
      'CPU: for each revocation, of the process that revokes with all its threads, and of redis-server. Medians over all slices.',
      'livetoken: merges, keeps a log and an audit log, atomically, and follows the log in the process that revokes. naive: SET with EX, nothing else.',
      'Over HTTP both check the client (Basic) and an RS256 token; CPU is of the server.',
      'No target stands for these.',
      surroundings,
    ],
  };
}

function rowOf(job: Job, side: WritesSide, figures: SideFigures, sides: JobFigures['sides']): readonly string[] {
  const base = sides.get('naive');
  const spread = ownSpread([...sides.values()].map(({ perSecond }) => perSecond));
  const ratio = (of: (each: SideFigures) => Figure): number => of(figures).median / (base === undefined ? Number.NaN : of(base).median);
  const byRate = ratio(({ perSecond }) => perSecond);
  return [
    side === 'livetoken' ? job.name : '',
    side,
    count(figures.perSecond.median),
    byRate.toFixed(2),
    short(figures.processMicros.median),
    short(figures.redisMicros.median),
    ratio(({ redisMicros }) => redisMicros).toFixed(1),
    percent(figures.perSecond.spread),
    percent(figures.redisMicros.spread),
    side === 'livetoken' && isWithinSpread(byRate, spread) ? 'no difference beyond the spread' : '',
  ];
}
