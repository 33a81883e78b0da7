import { parseArgs } from 'node:util';

export const USAGE = `npm run test:faults -- [options]

  --list             names of all faults
  --short            leaves out what takes long or resembles another; all that CI has time for
  --only a,b         these faults
  --seed N           brings back the targets, tokens and random faults of a run (its timing nobody can)
  --side-by-side N   worlds at a time, 1 to 8; default: one more than the machine has processors, 4 at most
  --again            plays once more, one at a time, what took too long (I3, I4, I6) or could not be played: that has failed if it does so
                     then too, and what broke anything else has failed
  --report           writes the table into docs/reliability.md
  --duration 1h      random faults one after the other, for so long (30s, 10m, 1h)
  --hang 10m         Redis stands still for so long under 1,000 requests a second at each of two instances
  --mutations        breaks a copy of the package in known ways, and looks whether it is noticed`;

export interface Settings {
  readonly action: 'list' | 'scenarios' | 'nemesis' | 'hang' | 'mutations';
  readonly isShort: boolean;
  /** Empty: all. */
  readonly only: readonly string[];
  readonly seed: number;
  readonly sideBySide: number;
  readonly again: boolean;
  readonly report: boolean;
  readonly durationMs: number;
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** @throws TypeError with the usage, for what it does not say */
export function parseSettings(args: readonly string[], processors: number, randomSeed: () => number): Settings {
  const values = parse(args);
  const asked = { list: values.list, mutations: values.mutations, nemesis: values.duration !== undefined, hang: values.hang !== undefined };
  const actions = (['list', 'mutations', 'nemesis', 'hang'] as const).filter(action => asked[action] === true);
  if (actions.length > 1) throw new TypeError(`Choose one of ${actions.join(', ')}.\n\n${USAGE}`);
  return {
    action: actions[0] ?? 'scenarios',
    isShort: values.short ?? false,
    only: values.only?.split(',').map(each => each.trim()).filter(each => each !== '') ?? [],
    seed: values.seed === undefined ? randomSeed() : whole('seed', values.seed, 0, 0xffff_ffff),
    sideBySide: values['side-by-side'] === undefined ? Math.min(4, processors + 1) : whole('side-by-side', values['side-by-side'], 1, 8),
    again: values.again ?? false,
    report: values.report ?? false,
    durationMs: duration('duration', values.duration) + duration('hang', values.hang),
  };
}

function parse(args: readonly string[]) {
  const [flag, text] = [{ type: 'boolean' }, { type: 'string' }] as const;
  const options = { 'list': flag, 'short': flag, 'report': flag, 'mutations': flag, 'again': flag, 'only': text, 'seed': text, 'duration': text, 'hang': text, 'side-by-side': text };
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new TypeError(`${(error as Error).message}\n\n${USAGE}`, { cause: error });
  }
}

function whole(option: string, text: string, from: number, to: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= from && value <= to) return value;
  throw new TypeError(`--${option} is ${text}: write a whole number from ${from} to ${to}.\n\n${USAGE}`);
}

function duration(option: string, text: string | undefined): number {
  if (text === undefined) return 0;
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([smh])$/.exec(text) ?? [];
  const ms = Number(amount) * (UNITS[unit] ?? NaN);
  if (ms > 0) return ms;
  throw new TypeError(`--${option} is ${text}: write such as 30s, 10m or 1h.\n\n${USAGE}`);
}
