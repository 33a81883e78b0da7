import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Violation } from './checks/violation.js';
import type { HistoryEvent } from './history.js';

/** Writes down a history, an event a line, with what is wrong with it. Answers with the folder. */
export async function keep(name: string, seed: number, history: readonly HistoryEvent[], violations: readonly Violation[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `livetoken-faults-${name}-`));
  await writeFile(join(folder, 'history.jsonl'), `${history.map(event => JSON.stringify(event)).join('\n')}\n`);
  await writeFile(join(folder, 'violations.json'), JSON.stringify({ name, seed, violations }, null, 2));
  return folder;
}
