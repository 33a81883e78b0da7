import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/free-port.js';
import type { Setting } from './application.js';
import { stepsIn } from './readme-steps.js';
import { run, runWell } from './run.js';

/** Somebody who has an empty folder, a Redis, and the README's "Add it to your app", and does what it says to the letter. */
export async function tryAsNewcomer(t: TestContext, { folder, tarball, redisUrl }: Setting): Promise<void> {
  const project = path.join(folder, 'newcomer');
  const steps = stepsIn(await readFile(README, 'utf8'));
  const port = await freePort();
  await mkdir(project);
  const beganAt = performance.now();
  await t.test('installs it with the line of the README', async () => {
    // All that differs: the package is not published yet, and ports may be taken.
    await runWell('bash', ['-ec', steps.install.replace('livetoken', tarball.file)], { cwd: project });
    await writeFile(path.join(project, 'app.mjs'), steps.program);
  });
  await t.test('sees a token accepted, revoked, and refused', async () => {
    const app = start(steps.start, project, { REDIS_URL: redisUrl, PORT: String(port) });
    try {
      await untilItListens(app.child, port, app.said);
      const said = await runWell('bash', ['-ec', steps.use.replaceAll('localhost:3000', `127.0.0.1:${port}`)], { cwd: project });
      const statuses = [...said.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
      const promised = [...steps.use.matchAll(/# (\d{3})/g)].map(([, status]) => Number(status));
      assert.deepEqual(promised, [200, 200, 401]);
      assert.deepEqual(statuses, promised);
      assert.match(said, /"sub":"alice"/);
      assert.match(said, /"error":"invalid_token"/);
    } finally {
      await stop(app.child);
    }
    const tookMs = performance.now() - beganAt;
    t.diagnostic(`From an empty folder to the refused token: ${(tookMs / 1000).toFixed(1)} s`);
    assert.ok(tookMs < PROMISED_MS, 'A newcomer is promised to be done in less than five minutes.');
  });
  await t.test('compiles it as TypeScript with the commands of the README', async () => {
    await writeFile(path.join(project, steps.typescriptFile), steps.program);
    for (const command of steps.compile) {
      const { succeeded, output } = await run('bash', ['-ec', command], { cwd: project });
      assert.deepEqual({ command, succeeded, output: succeeded ? '' : output }, { command, succeeded: true, output: '' });
    }
  });
}

const README = path.join(import.meta.dirname, '../../README.md');
/** No benchmark: it takes seconds. */
const PROMISED_MS = 5 * 60_000;

function start(commands: string, cwd: string, environment: Readonly<Record<string, string>>): { readonly child: ChildProcess; readonly said: () => string } {
  // `exec`, so that ending the shell ends the application.
  const script = commands.replace(/^node /m, 'exec node ');
  const child = spawn('bash', ['-ec', script], { cwd, env: { ...process.env, NODE_OPTIONS: '', ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { said += text; });
  return { child, said: () => said };
}

async function untilItListens(child: ChildProcess, port: number, said: () => string): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    const answer = await fetch(`http://127.0.0.1:${port}`).catch(() => undefined);
    await answer?.text();
    if (answer !== undefined) return;
    await sleep(50);
  }
  throw new Error(`The application of the README ended: ${said()}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}
