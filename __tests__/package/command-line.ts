import assert from 'node:assert/strict';
import { access, constants, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import type { TestContext } from 'node:test';
import type { Setting } from './application.js';
import { makeProject } from './project.js';
import { run, runWell } from './run.js';

/** As `npx` runs it: first without ioredis, then with it. One after the other: each needs what the one before has made. */
export async function tryCommandLine(t: TestContext, { folder, tarball, redisUrl, nodes }: Setting): Promise<void> {
  const project = path.join(folder, 'command-line');
  const livetoken = (...args: string[]): readonly [string, readonly string[], Parameters<typeof run>[2]] =>
    ['npx', ['--no-install', 'livetoken', ...args], { cwd: project, env: { ...process.env, LIVETOKEN_REDIS_URL: redisUrl, LIVETOKEN_NAMESPACE: 'command-line' } }];
  const program = path.join(project, 'node_modules/livetoken/dist/esm/cli/main.js');
  await t.test('installs as a program', async () => {
    await makeProject(project, [tarball.file], '--omit=peer');
    await access(program, constants.X_OK);
    await assert.rejects(access(path.join(project, 'node_modules/ioredis')));
  });
  for (const [version, node] of nodes) {
    await t.test(`tells its version and its commands without ioredis under Node ${version}`, async () => {
      const { version: packed } = JSON.parse(await readFile(path.join(project, 'node_modules/livetoken/package.json'), 'utf8')) as { readonly version: string };
      assert.equal(await runWell(node, [program, '--version'], { cwd: project }), `${packed}\n`);
      assert.match(await runWell(node, [program, '--help'], { cwd: project }), /^ {2}revoke [^]*^ {2}doctor /m);
    });
  }
  await t.test('is found by npx, and says what is missing where it needs ioredis', async () => {
    assert.match(await runWell(...livetoken('--help')), /^Usage: livetoken /);
    const { succeeded, output } = await run(...livetoken('doctor'));
    assert.equal(succeeded, false);
    assert.match(output, /Run npm install ioredis/);
  });
  await t.test('works with ioredis, by itself and with a config file in either format', async () => {
    await runWell('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', 'ioredis'], { cwd: project });
    assert.match(await runWell(...livetoken('revoke', 'session', 'any', '--new-namespace', '--max-lifetime', '60')), /^Revoked a session/);
    for (const [name, text] of Object.entries(CONFIGS)) {
      await writeFile(path.join(project, name), text);
      const { entries } = JSON.parse(await runWell(...livetoken('history', '--config', name, '--json'))) as { readonly entries: readonly { readonly kind: string }[] };
      assert.deepEqual(entries.map(({ kind }) => kind), ['session'], name);
    }
  });
}

const MAKE = "createLiveTokens({ store: redisStore(new Redis(process.env.LIVETOKEN_REDIS_URL), { namespace: 'command-line' }), maxLifetime: 60 })";

/** Each leaves a connection open, and the process has to end all the same. The second has another copy of every class. */
const CONFIGS: Readonly<Record<string, string>> = {
  'live.mjs': `import { Redis } from 'ioredis';\nimport { createLiveTokens, redisStore } from 'livetoken';\nexport default ${MAKE};\n`,
  'live.cjs': `const { Redis } = require('ioredis');\nconst { createLiveTokens, redisStore } = require('livetoken');\nmodule.exports = () => ${MAKE};\n`,
};
