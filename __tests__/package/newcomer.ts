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
import { run, runWell } from './run.js';

/** Somebody who has an empty folder, a Redis, and the README's "Add it to your app", and does what it says to the letter. */
export async function tryAsNewcomer(t: TestContext, { folder, tarball, redisUrl }: Setting): Promise<void> {
  const project = path.join(folder, 'newcomer');
  const steps = await readSteps();
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
    t.diagnostic(`From an empty folder to the refused token: ${((performance.now() - beganAt) / 1000).toFixed(1)} s`);
  });
  await t.test('compiles it as TypeScript with the types that the README names', async () => {
    await runWell('bash', ['-ec', steps.installTypes], { cwd: project });
    await writeFile(path.join(project, 'app.mts'), steps.program);
    // As `tsc --init` writes them, and for Node.
    const compilerOptions = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: true, module: 'nodenext', target: 'esnext', types: ['node'], noEmit: true };
    await writeFile(path.join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['app.mts'] }));
    const { output } = await run(process.execPath, [TSC, '-p', 'tsconfig.json'], { cwd: project });
    assert.equal(output, '');
  });
}

const ROOT = path.join(import.meta.dirname, '../..');
const TSC = path.join(ROOT, 'node_modules/typescript/bin/tsc');

interface Steps {
  readonly install: string;
  readonly program: string;
  readonly start: string;
  readonly use: string;
  readonly installTypes: string;
}

async function readSteps(): Promise<Steps> {
  const readme = await readFile(path.join(ROOT, 'README.md'), 'utf8');
  const section = /^## Add it to your app\n(.*?)^## /ms.exec(readme)?.[1] ?? '';
  const blocks = (language: string): readonly string[] =>
    [...section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, code = '']) => code);
  const [install, start, use, ...others] = blocks('sh');
  const [program] = blocks('ts');
  const installTypes = /`(npm install --save-dev [^`]+)`/.exec(section)?.[1];
  if (install === undefined || start === undefined || use === undefined || program === undefined || installTypes === undefined || others.length > 0) {
    throw new Error('The README no longer says how to install, start and use it, in this order.');
  }
  return { install, program, start, use, installTypes };
}

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
    await answer?.body?.cancel();
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
