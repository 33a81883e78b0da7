import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findOrInstallChromium, type ChromiumMachine } from './support/find-chromium.js';

describe('the Chromium that the console is looked at with', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'livetoken-chromium-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const program = (name: string, script: string) => writeFile(join(directory, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const machine = (more: Partial<ChromiumMachine> = {}): ChromiumMachine => ({ directories: [directory], isRoot: false, named: undefined, ...more });
  const said: string[] = [];
  const find = (on: ChromiumMachine) => findOrInstallChromium(on, line => said.push(line));

  it.each(['chromium', 'chromium-browser', 'google-chrome'])('is the one that is on the machine: %s', async (name) => {
    await program(name, '');
    expect(await find(machine())).toBe(join(directory, name));
  });

  it('is the one that CHROMIUM names, or none', async () => {
    await program('chromium', '');
    await program('other', '');
    expect(await find(machine({ named: join(directory, 'other') }))).toBe(join(directory, 'other'));
    await expect(find(machine({ named: join(directory, 'gone') }))).rejects.toThrow('which cannot be run: correct it or unset it');
  });

  it('is asked for where there is none and it may not be installed', async () => {
    await program('apt-get', '');
    await expect(find(machine())).rejects.toThrow('install it (apt-get install chromium) or set CHROMIUM to its path');
  });

  it('is installed where that may be done, and whoever holds a lock is waited for', async () => {
    const log = join(directory, 'log');
    // The first attempt finds the lists locked.
    await program('apt-get', `
      echo "$@" >> ${log}
      [ "$(wc -l < ${log})" = 1 ] && { echo "E: Could not get lock /var/lib/apt/lists/lock." >&2; exit 100; }
      case "$*" in *install*) : > ${directory}/chromium; chmod +x ${directory}/chromium;; esac
      exit 0`);
    expect(await find(machine({ isRoot: true, directories: [directory] }))).toBe(join(directory, 'chromium'));
    const update = '-o DPkg::Lock::Timeout=300 update';
    expect(await readFile(log, 'utf8')).toBe(`${update}\n${update}\n-o DPkg::Lock::Timeout=300 install -y --no-install-recommends chromium\n`);
  });

  it('says why it could not be installed', async () => {
    await program('apt-get', 'echo "E: Unable to locate package chromium" >&2; exit 100');
    await expect(find(machine({ isRoot: true }))).rejects.toThrow('apt-get could not install chromium (E: Unable to locate package chromium).');
  });
});
