import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../../support/free-port.js';
import { findAptGet, findProgram, installPackages, programsHere } from '../../support/programs.js';
import { leash } from '../../support/leash.js';
import { until } from '../../stores/support/until.js';

export interface Nginx {
  readonly base: string;
  stop(): Promise<void>;
}

const HOW_TO_GET_IT = 'This test needs a real nginx with auth_request and found none: install it (apt-get install nginx).';

/** As with Redis and Apache: installed where that is allowed. */
export async function findOrInstallNginx(): Promise<string> {
  const machine = programsHere();
  const aptGet = findAptGet(machine);
  if (findProgram('nginx', machine) === undefined && aptGet !== undefined) await installPackages(aptGet, ['nginx'], HOW_TO_GET_IT);
  const found = findProgram('nginx', machine);
  if (found === undefined) throw new Error(HOW_TO_GET_IT);
  return found;
}

/** A real nginx as a child of this process, with this `server` block. `addresses` are written in place of those of the document. */
export async function startNginx(program: string, server: string, addresses: Readonly<Record<string, string>>): Promise<Nginx> {
  const directory = await mkdtemp(path.join(tmpdir(), 'livetoken-nginx-'));
  const held = leash(directory);
  const port = await freePort();
  const placed = Object.entries({ 'listen 8080': `listen 127.0.0.1:${port}`, ...addresses }).reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`There is no ${from} in the configuration.`);
    return text.replace(from, to);
  }, server);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(kind => `${kind}_temp_path ${directory}/${kind};`).join('\n');
  // One process, so that ending it leaves nothing behind.
  const main = `daemon off;\nmaster_process off;\npid ${directory}/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n${temporary}\n${placed}\n}\n`;
  await writeFile(path.join(directory, 'nginx.conf'), main);
  const child = spawn(program, ['-p', directory, '-c', path.join(directory, 'nginx.conf'), '-e', 'stderr'], { stdio: ['ignore', 'ignore', 'pipe'] });
  held.hold(child.pid);
  child.once('exit', () => held.hold());
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { said += text; });
  const base = `http://127.0.0.1:${port}`;
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${said}`);
    return fetch(base).then(answer => answer.text()).then(() => true, () => false);
  });
  return {
    base,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill();
        await once(child, 'exit');
      }
      await rm(directory, { recursive: true, force: true });
      held.release();
    },
  };
}
