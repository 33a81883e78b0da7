import { findAptGet, findProgram, installPackages, isProgram, programsHere, type Programs } from './programs.ts';

export interface Machine extends Programs {
  /** The program to use, if one was named: nothing else is tried then. */
  readonly named: string | undefined;
}

type Say = (line: string) => void;

export function thisMachine(): Machine {
  return { ...programsHere(), named: process.env['REDIS_SERVER'] };
}

export function findRedis(machine = thisMachine()): string {
  const found = namedRedis(machine) ?? findProgram('redis-server', machine);
  if (found === undefined) throw new Error(howToGetRedis);
  return found;
}

/** For jest's global setup, which runs once: two installations at a time would trip over each other. */
export async function findOrInstallRedis(machine = thisMachine(), say: Say = console.log): Promise<string> {
  const aptGet = findAptGet(machine);
  const isMissing = (namedRedis(machine) ?? findProgram('redis-server', machine)) === undefined;
  if (isMissing && aptGet !== undefined) {
    say('No redis-server found: installing it with apt-get.');
    await installPackages(aptGet, ['redis-server'], howToGetRedis);
  }
  return findRedis(machine);
}

const howToGetRedis =
  'The tests need a real Redis and found no redis-server: install it ' +
  '(apt-get install redis-server, brew install redis) or set REDIS_SERVER to its path.';

function namedRedis({ named }: Machine): string | undefined {
  if (named === undefined || named === '') return undefined;
  if (!isProgram(named)) throw new Error(`REDIS_SERVER is ${named}, which cannot be run: correct it or unset it.`);
  return named;
}
