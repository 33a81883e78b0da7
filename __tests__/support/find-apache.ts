import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findAptGet, findProgram, installPackages, programsHere, type Programs } from './programs.ts';

/** A machine that an Apache with the modules that introspect tokens may be on. */
export interface ApacheMachine extends Programs {
  /** Directories that Apache's modules may be in. */
  readonly moduleDirectories: readonly string[];
}

export interface Apache {
  readonly program: string;
  /** The directory of its modules. */
  readonly modules: string;
  /** Makes the certificate of the server that it asks: mod_auth_openidc asks nobody without TLS. */
  readonly openssl: string;
}

type Say = (line: string) => void;

export function thisApacheMachine(): ApacheMachine {
  return { ...programsHere(), moduleDirectories: ['/usr/lib/apache2/modules'] };
}

export function findApache(machine = thisApacheMachine()): Apache {
  const found = lookFor(machine);
  if (found === undefined) throw new Error(howToGetApache);
  return found;
}

/**
 * For jest's global setup, which runs once. Where it cannot be installed, only the tests that need it fail, and say why: they are
 * few, and whoever works on anything else may be on a system without these packages.
 */
export async function installApacheIfMissing(machine = thisApacheMachine(), say: Say = console.log): Promise<void> {
  const aptGet = findAptGet(machine);
  if (aptGet === undefined || lookFor(machine) !== undefined) return;
  say('No Apache that introspects tokens found: installing it with apt-get.');
  try {
    await installPackages(aptGet, PACKAGES, howToGetApache);
  } catch (error) {
    say(String(error));
  }
}

/** With Apache's program, but without the package `apache2`, which would run one as a service. */
const PACKAGES = ['libapache2-mod-auth-openidc', 'libapache2-mod-oauth2', 'openssl'];
const MODULES = ['mod_auth_openidc.so', 'mod_oauth2.so'];

const howToGetApache =
  'These tests need a real Apache with mod_auth_openidc and mod_oauth2 and found none: ' +
  `install it (apt-get install ${PACKAGES.join(' ')}).`;

function lookFor(machine: ApacheMachine): Apache | undefined {
  const program = findProgram('apache2', machine);
  const openssl = findProgram('openssl', machine);
  const modules = machine.moduleDirectories.find(directory => MODULES.every(name => existsSync(join(directory, name))));
  return program === undefined || openssl === undefined || modules === undefined ? undefined : { program, openssl, modules };
}
