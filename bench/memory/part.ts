import { loadavg } from 'node:os';
import { figure, interleave, type Side, type Slices } from '../harness/interleave.js';
import type { Part, PartResult } from '../harness/part.js';
import { count, percent, type Table } from '../harness/report.js';
import type { Settings } from '../harness/settings.js';
import { isShort, standing } from '../measures/scale.js';
import { measureMemory, type Memory, type MemorySide } from './sides.js';

const COMPARED: readonly MemorySide[] = ['livetoken', 'naive'];
const TRACKED = 50_000;
const SHORT_TRACKED = 5_000;

interface MemoryFigures {
  readonly side: MemorySide;
  readonly tokens: number;
  /** For each instance, which is a Redis of its own. */
  readonly slices: Slices<Memory>;
}

export const memory: Part = {
  name: 'memory',
  about: 'memory that Redis takes for a revoked token, next to a key and a stream entry for each',
  async run(settings: Settings): Promise<PartResult> {
    const revoked: MemoryFigures[] = [];
    for (const tokens of standing(settings)) revoked.push(...(await measureSides(COMPARED, tokens, settings)));
    const tracked = await measureSides(['tracking'], isShort(settings) ? SHORT_TRACKED : TRACKED, settings);
    return { tables: [revokedTable(revoked), trackedTable(tracked)], data: { revoked, tracked } };
  },
};

async function measureSides(names: readonly MemorySide[], tokens: number, settings: Settings): Promise<readonly MemoryFigures[]> {
  const instances = Array.from({ length: settings.instances }, (_, i) => i);
  const sides: Side<number, MemorySide>[] = names.map(name => ({ name, instances }));
  const measured = await interleave(sides, 1, (_, side) => measureMemory(side, tokens, settings));
  return [...measured].map(([side, slices]) => ({ side, tokens, slices }));
}

const TARGET = { livetoken: '<= 130', naive: 'about 190', tracking: '' };

function revokedTable(all: readonly MemoryFigures[]): Table {
  return {
    title: 'Memory: bytes of Redis for a revoked token',
    columns: ['side', 'tokens', 'key', 'log entry', 'key + log entry', 'target', 'audit entry', 'total', 'resident', 'A/A total'],
    rows: all.map(({ side, tokens, slices }) => {
      const of = (part: string) => figure(slices, ({ parts }) => parts[part] ?? 0).median;
      return [
        side,
        count(tokens),
        bytes(of('key')),
        bytes(of('log')),
        bytes(of('key') + of('log')),
        TARGET[side],
        side === 'naive' ? '-' : bytes(of('audit')),
        ...overall(slices),
      ];
    }),
    notes: [
      'Total: used_memory of INFO, after less before. Audit and log entry: how much it fell when all of them were deleted. Key: the rest.',
      'livetoken: live.revokeAll with an actor and a reason, which stand in the audit entry (kept for auditRetentionMs).',
      'naive: SET revoked:<uuid> 1 EX, and XADD with the fields jti and exp, in pipelines.',
      loadNote(),
    ],
  };
}

function trackedTable(all: readonly MemoryFigures[]): Table {
  return {
    title: 'Memory: bytes of Redis for a tracked token (option tracking)',
    columns: ['side', 'tokens', 'token', 'lists', 'total', 'resident', 'A/A total'],
    rows: all.map(({ side, tokens, slices }) => {
      const of = (part: string) => bytes(figure(slices, ({ parts }) => parts[part] ?? 0).median);
      return [side, count(tokens), of('token'), of('lists'), ...overall(slices)];
    }),
    notes: [
      'Tokens with a grant and a session of their own, of 1,000 users, 5 clients, 50 organisations: in 6 lists each, 2 of them its own.',
      loadNote(),
    ],
  };
}

function overall(slices: Slices<Memory>): readonly string[] {
  const total = figure(slices, each => each.total);
  return [bytes(total.median), bytes(figure(slices, each => each.resident).median), percent(total.spread)];
}

const bytes = (value: number): string => value.toFixed(1);

const loadNote = (): string => `Load average ${(loadavg()[0] ?? Number.NaN).toFixed(1)}.`;
