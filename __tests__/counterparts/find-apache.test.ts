import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findApache, installApacheIfMissing, type ApacheMachine } from '../support/find-apache.js';

let directory: string;
beforeEach(async () => { directory = await mkdtemp(join(tmpdir(), 'livetoken-find-')); });
afterEach(() => rm(directory, { recursive: true }));

const machine = (isRoot: boolean): ApacheMachine => ({ directories: [directory], moduleDirectories: [directory], isRoot });
const path = (name: string): string => join(directory, name);
const program = (name: string, script = ''): Promise<void> => writeFile(path(name), `#!/bin/sh\n${script}`, { mode: 0o755 });

async function say(isRoot: boolean): Promise<string[]> {
  const said: string[] = [];
  await installApacheIfMissing(machine(isRoot), line => said.push(line));
  return said;
}

const PARTS = ['apache2', 'openssl', 'mod_auth_openidc.so', 'mod_oauth2.so'];

describe('finding an Apache that introspects tokens', () => {
  it('succeeds on this machine', () => {
    expect(existsSync(findApache().program)).toBe(true);
  });

  it.each(PARTS)('says what to install where there is no %s', async (missing) => {
    for (const name of PARTS) if (name !== missing) await program(name);
    expect(() => findApache(machine(true))).toThrow('install it (apt-get install libapache2-mod-auth-openidc libapache2-mod-oauth2 openssl).');
  });

  it('installs what is missing where it may, and says so in one line', async () => {
    await program('apt-get', `[ "$1" = update ] || for each in ${PARTS.join(' ')}; do install -m 755 /dev/null '${directory}'/$each; done`);
    expect(await say(true)).toEqual(['No Apache that introspects tokens found: installing it with apt-get.']);
    expect(findApache(machine(true))).toEqual({ program: path('apache2'), openssl: path('openssl'), modules: directory });
  });

  it('installs nothing where it is, or may not', async () => {
    await program('apt-get', `touch '${directory}'/called`);
    expect(await say(false)).toEqual([]);
    for (const name of PARTS) await program(name);
    expect(await say(true)).toEqual([]);
    expect(existsSync(path('called'))).toBe(false);
  });

  it('says that an installation failed, and leaves it to the tests that need Apache to fail', async () => {
    await program('apt-get', 'echo no such package >&2; exit 100');
    const said = await say(true);
    expect(said).toHaveLength(2);
    expect(said[1]).toMatch(/apt-get could not install libapache2-mod-auth-openidc .* \(no such package\)\. These tests need/);
  });
});
