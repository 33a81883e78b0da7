import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { appSource } from './app-source.js';
import type { Combination } from './combinations.js';
import { compile } from './compile.js';
import { exportedNames } from './exported-names.js';
import { makeProject } from './project.js';
import { PUBLIC_VALUES } from './public-names.js';
import { serve } from './serving.js';
import type { Tarball } from './tarball.js';
import { tryTelemetry } from './telemetry.js';

export interface Setting {
  readonly folder: string;
  readonly tarball: Tarball;
  readonly redisUrl: string;
  /** The programs to run applications with, by their versions. */
  readonly nodes: ReadonlyMap<string, string>;
}

/** `import` is what the first compiles to, `require` what the second does. */
const FORMATS = { 'an ES module': 'main.mjs', CommonJS: 'main.cjs' } as const;

/** One after the other: each needs what the one before has made. */
export async function tryCombination(t: TestContext, combination: Combination, setting: Setting): Promise<void> {
  const project = path.join(setting.folder, combination.name.replaceAll(' ', '-'));
  const { packages, hasRedis, hasTelemetry, resolutions } = combination;
  await t.test('installs', async () => {
    await makeProject(project, [setting.tarball.file, ...packages]);
    assert.equal(existsSync(path.join(project, 'node_modules/ioredis')), hasRedis);
    assert.equal(existsSync(path.join(project, 'node_modules/@opentelemetry/api')), hasTelemetry);
    await Promise.all(['main.ts', 'main.mts', 'main.cts'].map(file => writeFile(path.join(project, file), appSource(hasRedis, hasTelemetry))));
  });
  for (const resolution of resolutions) {
    await t.test(`compiles with ${resolution} resolution`, async () => {
      assert.equal(await compile(project, resolution, !hasRedis), '');
    });
  }
  if (!hasRedis) {
    await t.test('misses the types of ioredis, and no others, where TypeScript checks libraries', async () => {
      const complaints = (await compile(project, 'nodenext', false)).split('\n');
      assert.deepEqual([...new Set(complaints.map(afterPlace))], [NO_IOREDIS]);
    });
  }
  for (const [version, node] of setting.nodes) await tryUnder(t, { version, node, project, combination, redisUrl: setting.redisUrl });
}

const NO_IOREDIS = "error TS2307: Cannot find module 'ioredis' or its corresponding type declarations.";

const afterPlace = (complaint: string): string => complaint.replace(/^node_modules\/livetoken\/[^:]*: /, '');

interface Run {
  readonly version: string;
  readonly node: string;
  readonly project: string;
  readonly combination: Combination;
  readonly redisUrl: string;
}

async function tryUnder(t: TestContext, { version, node, project, combination: { name, hasRedis, hasTelemetry }, redisUrl }: Run): Promise<void> {
  await tryTelemetry(t, { version, node, project, hasTelemetry });
  if (!hasRedis) {
    await t.test(`gives import and require the same under Node ${version}`, async () => {
      const { imported, required } = await exportedNames(node, project);
      assert.deepEqual(imported, PUBLIC_VALUES);
      assert.deepEqual(required, imported);
    });
  }
  for (const [format, file] of Object.entries(FORMATS)) {
    for (const store of hasRedis ? ['redisStore', 'memoryStore'] : ['memoryStore']) {
      const NAMESPACE = store === 'redisStore' ? `${name} ${version} ${format}`.replaceAll(/[^\w]/g, '-') : '';
      await t.test(`accepts a token, revokes it and refuses it, as ${format} with ${store} under Node ${version}`, async () => {
        const course = await serve({ node, folder: project, file, environment: { REDIS_URL: redisUrl, NAMESPACE } });
        assert.deepEqual(course, { before: 200, subject: 'bob', revoked: 200, after: 401, exitCode: 0, stderr: '' });
      });
    }
  }
}
