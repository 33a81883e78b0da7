import { availableParallelism } from 'node:os';
import { randomInt } from 'node:crypto';
import { mayPlayAgain } from './again.js';
import { playAll } from './pool.js';
import { hasPassed, type Result } from './result.js';
import type { Scenario } from './scenario.js';
import { SCENARIOS } from './scenarios/all.js';
import { runHang } from './hang.js';
import { tryMutants } from './mutations.js';
import { runNemesis } from './nemesis.js';
import { parseSettings, type Settings } from './settings.js';
import { asMarkdown, asText, excusedInWords, nemesisTable, writeReport } from './table.js';

async function main(): Promise<void> {
  const settings = parseSettings(process.argv.slice(2), availableParallelism(), () => randomInt(0x1_0000_0000));
  switch (settings.action) {
    case 'list':
      for (const { name, fault, isLong } of SCENARIOS) console.log(`${name.padEnd(26)}${fault}${isLong ? ' (not in the short form)' : ''}`);
      return;
    case 'scenarios':
      return playScenarios(settings);
    case 'nemesis':
      return playNemesis(settings);
    case 'hang':
      return standStill(settings);
    case 'mutations':
      return tryMutations(settings);
  }
}

async function playScenarios(settings: Settings): Promise<void> {
  const chosen = choose(settings);
  const startedMs = performance.now();
  console.log(`${chosen.length} faults, seed ${settings.seed}, ${settings.sideBySide} at a time`);
  const results = await playAll(chosen, settings.seed, settings.sideBySide, tell);
  console.log(`\n${asText(results)}\n`);
  if (settings.report) await writeReport(asMarkdown(results));
  const doubtful = new Set(results.filter(mayPlayAgain).map(({ name }) => name));
  const again = settings.again ? await playAlone(chosen.filter(({ name }) => doubtful.has(name)), settings.seed) : [];
  conclude([...results.filter(({ name }) => !again.some(result => result.name === name)), ...again], performance.now() - startedMs);
}

/** Worlds side by side wait for processors, and a bound that was missed for that says nothing of the product. */
async function playAlone(doubtful: readonly Scenario[], seed: number): Promise<readonly Result[]> {
  if (doubtful.length > 0) console.log(`Once more, one at a time: ${doubtful.map(({ name }) => name).join(', ')}`);
  return playAll(doubtful, seed, 1, tell);
}

async function playNemesis({ durationMs, seed }: Settings): Promise<void> {
  console.log(`random faults for ${durationMs / 1000} s, seed ${seed}`);
  const { faults, violations, untested, excused, checks, revocations } = await runNemesis(durationMs, seed, line => { console.log(line); });
  console.log(`\n${nemesisTable(faults)}\n\n${checks} checks, ${revocations} revocations, ${faults.length} faults, seed ${seed}`);
  for (const invariant of new Set(violations.map(violation => violation.invariant))) {
    const broken = violations.filter(violation => violation.invariant === invariant);
    console.log(`        ${invariant} ${broken.length} times, first: ${broken[0]!.message}`);
  }
  console.log(`excused by what was waited for a processor: ${excusedInWords(excused)}`);
  if (untested.length > 0) console.log(`never put to the test: ${untested.join(', ')}`);
  console.log(violations.length === 0 ? 'no violation' : `${violations.length} violations`);
  process.exitCode = violations.length === 0 && untested.length === 0 ? 0 : 1;
}

const REQUESTS_PER_S = 1000;

/** Most that an instance may grow from the second of ten parts of the time to the last: what it needs to be warm is in the first. */
const MOST_GROWTH_MB = 10;

async function standStill({ durationMs, seed }: Settings): Promise<void> {
  console.log(`Redis stands still for ${durationMs / 1000} s under ${REQUESTS_PER_S} requests a second at each instance`);
  let hasPassed = true;
  for (const { instance, asked, answers, slowestMs, parts, recoveryMs } of await runHang({ durationMs, requestsPerS: REQUESTS_PER_S, seed })) {
    const grownMb = parts.at(-1)!.rssMb - parts[1]!.rssMb;
    hasPassed &&= grownMb <= MOST_GROWTH_MB && answers[0] === undefined;
    console.log(`${instance}: ${asked} asked, answers ${JSON.stringify(answers)}, slowest ${slowestMs.toFixed(0)} ms, accepts again after ${recoveryMs.toFixed(0)} ms`);
    console.log(`        MB resident, largest of each tenth of the time: ${parts.map(({ rssMb }) => rssMb.toFixed(0)).join(' ')}; most questions under way: ${Math.max(...parts.map(({ pending }) => pending))}`);
  }
  console.log(hasPassed ? 'bounded' : 'NOT BOUNDED');
  process.exitCode = hasPassed ? 0 : 1;
}

async function tryMutations({ only, seed }: Settings): Promise<void> {
  const outcomes = await tryMutants(only, seed, ({ name, verdict, by, error }) => {
    console.log(`${verdict.padEnd(10)}  ${name.padEnd(28)}  ${by}${error === undefined ? '' : `  ${error}`}`);
  });
  const right = outcomes.filter(({ isRight }) => isRight).length;
  console.log(`${right} as they should be, ${outcomes.length - right} not`);
  process.exitCode = right === outcomes.length ? 0 : 1;
}

function choose({ only, isShort }: Settings): readonly Scenario[] {
  const unknown = only.filter(name => !SCENARIOS.some(scenario => scenario.name === name));
  if (unknown.length > 0) throw new TypeError(`There is no fault called ${unknown.join(', ')}: --list names them all.`);
  return SCENARIOS.filter(({ name, isLong }) => (only.length === 0 ? !(isShort && isLong) : only.includes(name)));
}

/** Enough to see what it is about; all of it is in the folder. */
const MOST_SHOWN = 5;

function tell(result: Result): void {
  const { name, tookMs, violations, error, keptIn } = result;
  console.log(`${hasPassed(result) ? 'passed' : 'FAILED'}  ${name}  (${(tookMs / 1000).toFixed(1)} s)`);
  if (error !== undefined) console.log(`        ${error.replaceAll('\n', '\n        ')}`);
  for (const { invariant, message } of violations.slice(0, MOST_SHOWN)) console.log(`        ${invariant}: ${message}`);
  if (violations.length > MOST_SHOWN) console.log(`        ... and ${violations.length - MOST_SHOWN} more`);
  if (keptIn !== undefined) console.log(`        kept in ${keptIn}`);
}

function conclude(results: readonly Result[], tookMs: number): void {
  const passed = results.filter(hasPassed).length;
  console.log(`${(tookMs / 1000).toFixed(0)} s`);
  console.log(`${passed} passed, ${results.length - passed} failed`);
  process.exitCode = passed === results.length ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof TypeError ? error.message : error);
  process.exit(2);
});
