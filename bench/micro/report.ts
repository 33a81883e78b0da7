import { percent, short, type Table } from '../harness/report.js';
import type { GuardFigures, MicroFigures, TableFigures } from './part.js';
import type { Growth } from './table-worker.js';

export function microTables({ guard, table }: MicroFigures): readonly Table[] {
  return [...guard.map(guardTable), addedTable(guard), tableTable(table)];
}

function guardTable({ algorithm, micros, spread, targets }: GuardFigures): Table {
  return {
    title: `Micro: a request through the middleware, ${algorithm}`,
    columns: ['what', 'us', 'instances', 'A/A'],
    rows: Object.entries(micros).map(([job, { median, ofInstances, spread: own }]) => [job, short(median), ofInstances.map(short).join(' '), percent(own)]),
    notes: [
      'Medians of samples of requests, one after another, in processes of their own. Every request is a new object with new header strings.',
      `A token of these falls under ${targets.length} targets. "After a revocation": a session of nobody was revoked before each sample.`,
      `A/A: two instances of one row differ by up to ${percent(spread)} in this run.`,
    ],
  };
}

function addedTable(guard: readonly GuardFigures[]): Table {
  return {
    title: 'Micro: time added to a request, microseconds',
    columns: ['what', 'target', ...guard.map(({ algorithm }) => algorithm)],
    rows: [
      ['remembered token, one', '<= 3', ...guard.map(each => added(each, 'guard: remembered token', 'empty middleware'))],
      ['remembered token, pool of 5,000', '<= 3', ...guard.map(each => added(each, 'guard: remembered, pool', 'empty middleware'))],
      ['the same, after a revocation elsewhere', '', ...guard.map(each => added(each, 'guard: remembered, pool, after a revocation', 'empty middleware'))],
      ['new token, beyond jwt.verify', '<= 5', ...guard.map(each => added(each, 'guard: new token', 'empty middleware', 'jwt.verify(token, KeyObject)'))],
      ['of each: node parsing the headers', '', ...guard.map(each => added(each, 'middleware that reads the header', 'empty middleware'))],
      ['of each: Express taking req.auth', '', ...guard.map(each => added(each, 'the same, and sets req.auth', 'middleware that reads the header'))],
    ],
    notes: [
      'Beyond an empty middleware. Node parses headers when somebody first asks: in an application Express asks for them anyway,',
      'but here the parsing counts as ours. So does a new property of a request, which is slow once Express has exchanged its prototype.',
    ],
  };
}

function added({ micros }: GuardFigures, job: string, ...beyond: readonly string[]): string {
  const of = (name: string): number => micros[name]?.median ?? Number.NaN;
  return short(of(job) - beyond.reduce((sum, name) => sum + of(name), 0));
}

function tableTable({ lookUp, coldLookUp, targets, growth, memory }: TableFigures): Table {
  const each = (of: (growth: Growth) => number): string => growth.map(one => short(of(one))).join(' ');
  return {
    title: 'Micro: the table of the replica',
    columns: ['what', 'target', 'measured', 'control'],
    rows: [
      [`look-up of the ${targets} targets of a token at 1M entries, 5,000 tokens in turn, ns`, '<= 1,000', short(lookUp.median), ''],
      ['the same, 100,000 tokens in turn', '', short(coldLookUp.median), ''],
      ['bytes an entry, 1M to 2M entries', '<= 17, 26 at most', range(memory.map(({ bytesPerEntry }) => bytesPerEntry)), ''],
      ['the same, by process.memoryUsage().arrayBuffers', '', range(memory.map(({ arrayBufferBytesPerEntry }) => arrayBufferBytesPerEntry)), ''],
      ['longest merge, 1M to 2M entries, ms', '<= 10', each(({ pauses }) => pauses.merge), each(({ control }) => control.merge)],
      ['longest page of 1,000, ms', '', each(({ pauses }) => pauses.page), each(({ control }) => control.page)],
      ['longest delay of the event loop, ms', '', each(({ pauses }) => pauses.loopDelay), each(({ control }) => control.loopDelay)],
    ],
    notes: [
      'Control: the same loop without the table; what is no longer than there cannot be told from the garbage collector and the machine.',
      `Pauses: the longest of each instance. A/A of the look-ups: ${percent(lookUp.spread)} and ${percent(coldLookUp.spread)}.`,
    ],
  };
}

function range(values: readonly number[]): string {
  return `${short(Math.min(...values))} to ${short(Math.max(...values))}`;
}
