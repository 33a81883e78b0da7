import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface Settings {
  /** Parts to run; none named means all. */
  readonly parts: readonly string[];
  /** Measured seconds for each side of each comparison, spread over its instances. */
  readonly secondsPerSide: number;
  readonly sliceMs: number;
  /** Of each side. At least two, or nothing would say how much one side differs from itself. */
  readonly instances: number;
  /** Sides whose name does not match are left out. */
  readonly only: RegExp | undefined;
  /** How often a slice is measured again while other processes keep the machine busy. */
  readonly patience: number;
  /** Tables as Markdown. */
  readonly markdown: boolean;
  /** Workers write a CPU profile each into this directory. */
  readonly profile: string | undefined;
}

export const USAGE = `npm run bench [part...] -- [options]

  --seconds <n>    measured seconds for each side of each comparison (default 10)
  --quick          a short run: 3 seconds for each side, in slices of half a second
  --instances <n>  instances of each side, at least 2 (default 2)
  --patience <n>   how often a slice is measured again because something else kept the machine busy (default 2)
  --only <regexp>  only the sides whose name matches
  --markdown       print the tables as Markdown
  --profile <dir>  have every worker write a CPU profile into this directory`;

const OPTIONS = {
  seconds: { type: 'string' },
  quick: { type: 'boolean', default: false },
  instances: { type: 'string', default: '2' },
  patience: { type: 'string', default: '2' },
  only: { type: 'string' },
  markdown: { type: 'boolean', default: false },
  profile: { type: 'string' },
} as const;

/** @throws TypeError saying what is wrong with the command line */
export function parseSettings(args: readonly string[]): Settings {
  const { positionals, values } = parseArgs({ args: [...args], allowPositionals: true, options: OPTIONS });
  return {
    parts: positionals,
    secondsPerSide: number('--seconds', values.seconds ?? (values.quick ? '3' : '10'), 1),
    sliceMs: values.quick ? 500 : 1000,
    instances: number('--instances', values.instances, 2),
    patience: number('--patience', values.patience, 0),
    only: values.only === undefined ? undefined : new RegExp(values.only),
    markdown: values.markdown,
    profile: values.profile,
  };
}

/** How many slices each instance gets, and at least three: a median of fewer says little. */
export function slicesPerInstance({ secondsPerSide, sliceMs, instances }: Settings): number {
  return Math.max(3, Math.round((secondsPerSide * 1000) / sliceMs / instances));
}

function number(option: string, text: string, min: number): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= min) return value;
  throw new TypeError(`${option} is ${text}: give a number of at least ${min}.`);
}
