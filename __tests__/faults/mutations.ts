import { fork } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mutated, MUTANTS, type Mutant } from './mutants.js';
import type { Result } from './result.js';
import type { ToWorker } from './worker.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** All that instances and the suite are made of. */
const COPIED = ['lib', '__tests__', 'package.json', 'tsconfig.json'];

export interface Outcome {
  readonly name: string;
  readonly isCaught: boolean;
  /** What was played, and what was violated in it. */
  readonly by: string;
  /** Where it could not be played. */
  readonly error?: string;
}

/**
 * Breaks a copy of the package in known ways, one at a time, plays the fault that shows it, and looks whether it did.
 *
 * @param only names; empty: all
 * @throws TypeError (rejects) for a name that is none; Error where a patch no longer fits
 */
export async function tryMutants(only: readonly string[], seed: number, tell: (outcome: Outcome) => void): Promise<readonly Outcome[]> {
  const unknown = only.filter(name => !MUTANTS.some(mutant => mutant.name === name));
  if (unknown.length > 0) throw new TypeError(`There is no mutation called ${unknown.join(', ')}: there are ${MUTANTS.map(({ name }) => name).join(', ')}.`);
  const outcomes: Outcome[] = [];
  for (const mutant of MUTANTS.filter(({ name }) => only.length === 0 || only.includes(name))) {
    const outcome = await tryMutant(mutant, seed);
    outcomes.push(outcome);
    tell(outcome);
  }
  return outcomes;
}

/** Where chance decides whether it shows, it gets several. */
const TRIES = 3;

async function tryMutant(mutant: Mutant, seed: number): Promise<Outcome> {
  const { name, shownBy, breaks } = mutant;
  const folder = await copyOfAll();
  try {
    await patch(folder, mutant);
    for (let attempt = 0; ; attempt++) {
      const { violations, error } = await playIn(folder, { play: shownBy, seed: seed + attempt });
      const broken = [...new Set(violations.map(({ invariant }) => invariant))];
      const isCaught = broken.some(invariant => breaks.includes(invariant));
      const by = `${shownBy}: ${broken.join(', ') || 'nothing violated'}`;
      if (isCaught || error !== undefined || attempt + 1 === TRIES) return { name, isCaught, by, ...(error !== undefined && { error }) };
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function copyOfAll(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'livetoken-mutant-'));
  await mkdir(join(folder, 'docs'));
  for (const each of COPIED) await cp(join(ROOT, each), join(folder, each), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

async function patch(folder: string, mutant: Mutant): Promise<void> {
  const path = join(folder, mutant.file);
  await writeFile(path, mutated(await readFile(path, 'utf8'), mutant));
}

function playIn(folder: string, what: ToWorker): Promise<Result> {
  return new Promise((resolve, reject) => {
    const worker = fork(join(folder, '__tests__/faults/worker.ts'), { cwd: folder, execArgv: ['--import', 'tsx'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    worker.once('exit', code => { reject(new Error(`The process that played "${what.play}" ended with ${code ?? 'a signal'}.`)); });
    worker.once('message', (result: Result) => {
      worker.removeAllListeners('exit');
      worker.disconnect();
      resolve(result);
    });
    worker.send(what);
  });
}
