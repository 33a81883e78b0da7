import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findAptGet, findProgram, isProgram, programsHere, type Programs } from '../../support/programs.js';

/** A machine that a Chromium may be on. */
export interface ChromiumMachine extends Programs {
  /** The program to use, if one was named: nothing else is tried then. */
  readonly named: string | undefined;
}

type Say = (line: string) => void;

export function thisChromiumMachine(): ChromiumMachine {
  return { ...programsHere(), named: process.env['CHROMIUM'] };
}

/** For whoever is about to need one. CI calls it beside other work: see `install-programs.ts`. */
export async function findOrInstallChromium(machine = thisChromiumMachine(), say: Say = console.log): Promise<string> {
  const aptGet = findAptGet(machine);
  if (lookFor(machine) === undefined && aptGet !== undefined) {
    say('No Chromium found: installing it with apt-get.');
    await install(aptGet, machine);
  }
  const found = lookFor(machine);
  if (found === undefined) throw new Error(howToGetChromium);
  return found;
}

const howToGetChromium =
  'These tests look at the console in a real Chromium and found none: install it (apt-get install chromium) or set CHROMIUM to its path.';

function lookFor(machine: ChromiumMachine): string | undefined {
  const { named } = machine;
  if (named !== undefined && named !== '') {
    if (isProgram(named)) return named;
    throw new Error(`CHROMIUM is ${named}, which cannot be run: correct it or unset it.`);
  }
  return ['chromium', 'chromium-browser', 'google-chrome'].map(name => findProgram(name, machine)).find(found => found !== undefined);
}

/** Whoever else installs something meanwhile is waited for: the lock of dpkg by apt-get itself, that of the lists by trying again. */
const WAIT_FOR_DPKG = ['-o', 'DPkg::Lock::Timeout=300'];
const ATTEMPTS = 30;
const PAUSE_MS = 2000;

async function install(aptGet: string, machine: ChromiumMachine): Promise<void> {
  const run = promisify(execFile);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await run(aptGet, [...WAIT_FOR_DPKG, 'update'], { env });
      await run(aptGet, [...WAIT_FOR_DPKG, 'install', '-y', '--no-install-recommends', 'chromium'], { env });
      return;
    } catch (cause) {
      if (lookFor(machine) !== undefined) return; // somebody else has installed it
      const said = (cause as { readonly stderr?: string }).stderr ?? '';
      if (attempt === ATTEMPTS || !said.includes('Could not get lock')) {
        throw new Error(`apt-get could not install chromium (${said.trim().split('\n').at(-1) ?? ''}). ${howToGetChromium}`, { cause });
      }
      await sleep(PAUSE_MS);
    }
  }
}
