import { fork } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mayPlayAgain } from './again.js';
import { mutated, MUTANTS, type Mutant } from './mutants.js';
import { hasPassed, type Result } from './result.js';
import type { ToWorker } from './worker.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** All that instances and the suite are made of. */
const COPIED = ['lib', '__tests__', 'package.json', 'tsconfig.json'];

export interface Outcome {
  readonly name: string;
  /** A mutation was caught, the package as it is held. */
  readonly isRight: boolean;
  readonly verdict: 'caught' | 'NOT CAUGHT' | 'held' | 'NOT HELD';
  /** What was played, and what was violated in it. */
  readonly by: string;
  /** Where it could not be played. */
  readonly error?: string;
}

/**
 * Breaks a copy of the package in known ways, one at a time, plays the fault that shows it, and looks whether it did. Each of these faults
 * is played first with a copy in which nothing is broken: what is violated then too shows nothing.
 *
 * @param only names; empty: all
 * @throws TypeError (rejects) for a name that is none; Error where a patch no longer fits
 */
export async function tryMutants(only: readonly string[], seed: number, tell: (outcome: Outcome) => void): Promise<readonly Outcome[]> {
  const unknown = only.filter(name => !MUTANTS.some(mutant => mutant.name === name));
  if (unknown.length > 0) throw new TypeError(`There is no mutation called ${unknown.join(', ')}: there are ${MUTANTS.map(({ name }) => name).join(', ')}.`);
  const mutants = MUTANTS.filter(({ name }) => only.length === 0 || only.includes(name));
  const faults = [...new Set(mutants.map(({ shownBy }) => shownBy))];
  const outcomes: Outcome[] = [];
  for (const tried of [...faults.map(fault => tryUnbroken(fault, seed)), ...mutants.map(mutant => tryMutant(mutant, seed))]) {
    const outcome = await inCopy(tried);
    outcomes.push(outcome);
    tell(outcome);
  }
  return outcomes;
}

/** Where chance decides whether it shows, it gets several. */
const TRIES = 3;

type Trial = (folder: string) => Promise<Outcome>;

function tryMutant(mutant: Mutant, seed: number): Trial {
  const { name, shownBy, breaks } = mutant;
  return async folder => {
    await patch(folder, mutant);
    const shows = ({ violations }: Result): boolean => violations.some(({ invariant }) => breaks.includes(invariant));
    const result = await playUntil(folder, { play: shownBy, seed }, last => shows(last) || last.error !== undefined);
    const isRight = shows(result);
    return { name, isRight, verdict: isRight ? 'caught' : 'NOT CAUGHT', ...told(result) };
  };
}

function tryUnbroken(fault: string, seed: number): Trial {
  return async folder => {
    const result = await playUntil(folder, { play: fault, seed }, last => !mayPlayAgain(last));
    const isRight = hasPassed(result);
    return { name: 'nothing broken', isRight, verdict: isRight ? 'held' : 'NOT HELD', ...told(result) };
  };
}

async function playUntil(folder: string, { play, seed }: ToWorker, isEnough: (result: Result) => boolean): Promise<Result> {
  for (let attempt = 0; ; attempt++) {
    const result = await playIn(folder, { play, seed: seed + attempt });
    if (isEnough(result) || attempt + 1 === TRIES) return result;
  }
}

function told({ name, violations, error }: Result): Pick<Outcome, 'by' | 'error'> {
  const broken = [...new Set(violations.map(({ invariant }) => invariant))];
  return { by: `${name}: ${broken.join(', ') || 'nothing violated'}`, ...(error !== undefined && { error }) };
}

async function inCopy(trial: Trial): Promise<Outcome> {
  const folder = await copyOfAll();
  try {
    return await trial(folder);
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
