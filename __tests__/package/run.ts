import { execFile } from 'node:child_process';

interface Ended {
  readonly succeeded: boolean;
  readonly stdout: string;
  /** All that was said, errors included. */
  readonly output: string;
}

interface Where {
  readonly cwd: string;
  /** Default: that of this process. */
  readonly env?: NodeJS.ProcessEnv;
}

const MAX_OUTPUT_BYTES = 10_000_000;

/** Runs a program to its end, whatever that is. Rejects if it cannot be run at all. */
export function run(program: string, args: readonly string[], options: Where): Promise<Ended> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { ...options, maxBuffer: MAX_OUTPUT_BYTES }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(new Error(`${program} cannot be run.`, { cause: error }));
      else resolve({ succeeded: error === null, stdout, output: `${stdout}${stderr}`.trim() });
    });
  });
}

/** The same, for what must succeed. Returns its standard output. */
export async function runWell(program: string, args: readonly string[], options: Where): Promise<string> {
  const { succeeded, stdout, output } = await run(program, args, options);
  if (!succeeded) throw new Error(`${program} ${args.join(' ')} failed:\n${output}`);
  return stdout;
}
