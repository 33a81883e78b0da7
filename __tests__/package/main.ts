// Packs what is in dist, and uses it as others will: npm run test:package
//
//   npm run test:package -- --write       writes the figures of docs/package.md instead of comparing them
//   NODE_BINARIES=/one/node:/another/node npm run test:package       runs the applications with these as well

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { findOrInstallRedis } from '../support/find-redis.js';
import { startRedis } from '../support/redis-server.js';
import { tryCombination, type Setting } from './application.js';
import { tryCommandLine } from './command-line.js';
import { COMBINATIONS } from './combinations.js';
import { expectedPaths } from './contents.js';
import { measure, outdated, write } from './figures.js';
import { problemsOf } from './linters.js';
import { tryAsNewcomer } from './newcomer.js';
import { runWell } from './run.js';
import { pack } from './tarball.js';

const folder = await mkdtemp(path.join(tmpdir(), 'livetoken-package-'));
await findOrInstallRedis();
const redis = await startRedis();
try {
  await tryPackage({ folder, tarball: await pack(folder), redisUrl: redis.url, nodes: await nodes() });
} finally {
  await redis.stop();
  await rm(folder, { recursive: true });
}

async function tryPackage(setting: Setting): Promise<void> {
  const { tarball } = setting;
  await test('The packed package', { concurrency: availableParallelism() }, async t => {
    await Promise.all([
      t.test('holds each source compiled twice, with its types, and nothing that nobody needs', async () => {
        assert.deepEqual([...tarball.paths].sort(), await expectedPaths());
      }),
      t.test('has no problem that publint or arethetypeswrong know of', async () => {
        assert.deepEqual(await problemsOf(tarball), []);
      }),
      t.test('brings along what docs/package.md says, nothing deprecated and nothing that runs when installed', async () => {
        const { figures, dependencies } = await measure(tarball, folder);
        if (process.argv.includes('--write')) await write(figures);
        assert.deepEqual(await outdated(figures), []);
        const odd = [...dependencies].filter(([, { deprecated, hasInstallScript }]) => deprecated !== undefined || hasInstallScript === true);
        assert.deepEqual(odd, []);
      }),
      t.test('works for somebody who has only the README', t => tryAsNewcomer(t, setting)),
      t.test('has a command line', t => tryCommandLine(t, setting)),
      ...COMBINATIONS.map(combination => t.test(`works beside ${combination.name}`, t => tryCombination(t, combination, setting))),
    ]);
  });
}

/** By their versions. */
async function nodes(): Promise<ReadonlyMap<string, string>> {
  const others = (process.env['NODE_BINARIES'] ?? '').split(path.delimiter).filter(node => node !== '');
  const programs = [process.execPath, ...others];
  return new Map(await Promise.all(programs.map(async node => [(await runWell(node, ['--version'], { cwd: folder })).trim(), node] as const)));
}
