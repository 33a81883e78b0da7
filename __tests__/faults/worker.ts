/** A process that plays one scenario after the other, as its parent says. */
import { judge } from './judge.js';
import { keep } from './keep.js';
import type { Result } from './result.js';
import { SCENARIOS } from './scenarios/all.js';

export interface ToWorker {
  readonly play: string;
  readonly seed: number;
}

async function play({ play: name, seed }: ToWorker): Promise<Result> {
  const scenario = SCENARIOS.find(each => each.name === name)!;
  const startedMs = performance.now();
  const about = (): Pick<Result, 'name' | 'fault' | 'isPromised' | 'seed' | 'tookMs'> => ({ name, fault: scenario.fault, isPromised: scenario.isPromised, seed, tookMs: performance.now() - startedMs });
  try {
    const { history, bounds } = await scenario.play(seed);
    const { violations, untested, excused, figures } = judge(history, bounds);
    if (violations.length === 0 && untested.length > 0) throw new Error(`The run says nothing: it put ${untested.join(', ')} to no test.`);
    const kept = violations.length === 0 ? {} : { keptIn: await keep(name, seed, history, violations) };
    return { ...about(), violations: violations.map(({ invariant, message }) => ({ invariant, message })), excused, figures, ...kept };
  } catch (error) {
    return { ...about(), violations: [], figures: {}, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.on('message', (message: ToWorker) => {
  void play(message).then(result => process.send?.(result));
});
process.on('disconnect', () => process.exit(0));
