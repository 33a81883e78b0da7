import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const wall = '@typescript-eslint/no-restricted-imports';
const syntax = 'no-restricted-syntax';

type Case = readonly [filePath: string, text: string, ...brokenRules: string[]];

const cases: Case[] = [
  // the model is pure
  ['lib/model/x.ts', "import express from 'express';", wall],
  ['lib/model/x.ts', "import type { Request } from 'express';", wall],
  ['lib/model/x.ts', "import { Redis } from 'ioredis';", wall],
  ['lib/model/x.ts', "import jwt from 'jsonwebtoken';", wall],
  ['lib/model/x.ts', "import { readFile } from 'node:fs/promises';", wall],
  ['lib/model/x.ts', "import { memoryStore } from '../stores/memory.js';", wall],
  ['lib/model/x.ts', "import { jwtVerifier } from '../verifier/index.js';", wall],
  ['lib/model/x.ts', "import type { LiveTokens } from '../live-tokens.js';", wall],
  ['lib/model/x.ts', "import type { Events } from '../events.js';", wall],
  ['lib/model/x.ts', "import { guard } from './../guard/guard.js';", wall],
  ['lib/model/x.ts', "export * from '../router/index.js';", wall],
  ['lib/model/x.ts', "import { createHash } from 'node:crypto';"],
  ['lib/model/x.ts', "import { LiveTokenError } from '../errors.js';"],
  ['lib/model/x.ts', "import { mergeRevocations } from './revocation.js';"],

  // stores know neither HTTP nor policy, and Redis has a folder of its own
  ['lib/stores/x.ts', "import helmet from 'helmet';", wall],
  ['lib/stores/x.ts', "import jwt from 'jsonwebtoken';", wall],
  ['lib/stores/x.ts', "import type { Redis } from 'ioredis';", wall],
  ['lib/stores/x.ts', "import { guard } from '../guard/guard.js';", wall],
  ['lib/stores/x.ts', "import { createLiveTokens } from '../live-tokens.js';", wall],
  ['lib/stores/x.ts', "import { merge } from '../model/revocation.js';"],
  ['lib/stores/redis/x.ts', "import { createLiveTokens } from '../../live-tokens.js';", wall],
  ['lib/stores/redis/x.ts', "import { router } from '../../router/router.js';", wall],
  ['lib/stores/redis/x.ts', "import cors from 'cors';", wall],
  ['lib/stores/redis/x.ts', "import { Redis } from 'ioredis';"],
  ['lib/stores/redis/x.ts', "import type { Store } from '../store.js';"],

  // signatures are checked in one place, which knows nothing else
  ['lib/verifier/x.ts', "import jwt from 'jsonwebtoken';"],
  ['lib/verifier/x.ts', "import type { Request } from 'express';", wall],
  ['lib/verifier/x.ts', "import { Redis } from 'ioredis';", wall],
  ['lib/verifier/x.ts', "import { memoryStore } from '../stores/memory.js';", wall],
  ['lib/verifier/x.ts', "import { guard } from '../guard/guard.js';", wall],

  // HTTP is the edge
  ['lib/guard/x.ts', "import type { RequestHandler } from 'express';"],
  ['lib/guard/x.ts', "import { createLiveTokens } from '../live-tokens.js';"],
  ['lib/guard/x.ts', "import { router } from '../router/router.js';", wall],
  ['lib/guard/x.ts', "import jwt from 'jsonwebtoken';", wall],
  ['lib/router/x.ts', "import express from 'express';"],
  ['lib/router/x.ts', "import { json } from 'body-parser';"],
  ['lib/router/x.ts', "import { guard } from '../guard/guard.js';"],
  ['lib/router/x.ts', "import { Redis } from 'ioredis';", wall],

  // the command line uses all the rest, and nobody uses it
  ['lib/cli/x.ts', "import { Command } from 'commander';"],
  ['lib/cli/x.ts', "import type { Redis } from 'ioredis';"],
  ['lib/cli/commands/x.ts', "import { createLiveTokens } from '../../live-tokens.js';"],
  ['lib/cli/commands/x.ts', "import { redisStore } from '../../stores/redis/redis-store.js';"],
  ['lib/cli/x.ts', "import express from 'express';", wall],
  ['lib/cli/x.ts', "import jwt from 'jsonwebtoken';", wall],
  ['lib/cli/x.ts', "import { revocationRouter } from '../router/revocation-router.js';", wall],
  ['lib/cli/x.ts', "import { createLiveTokens } from 'livetoken';", wall],
  ['lib/cli/x.ts', "export const late = () => import('ioredis');", syntax],
  ['lib/index.ts', "export { Output } from './cli/output.js';", wall],
  ['lib/stores/redis/x.ts', "import { EXIT } from '../../cli/exit-status.js';", wall],
  ['lib/policy/x.ts', "import { Command } from 'commander';", wall],

  // what has no wall of its own stands behind all of them
  ['lib/live-tokens.ts', "import type { Request } from 'express';", wall],
  ['lib/live-tokens.ts', "import type { Request } from 'express-serve-static-core';", wall],
  ['lib/live-tokens.ts', "import { Redis } from 'ioredis';", wall],
  ['lib/live-tokens.ts', "import jwt from 'jsonwebtoken';", wall],
  ['lib/live-tokens.ts', "import { memoryStore } from './stores/memory.js';"],
  ['lib/elsewhere/x.ts', "import bodyParser from 'body-parser';", wall],

  // OpenTelemetry has a folder of its own, which nothing depends on
  ['lib/telemetry/x.ts', "import { metrics } from '@opentelemetry/api';"],
  ['lib/telemetry/x.ts', "import { ACTIVITY } from '../policy/activity.js';"],
  ['lib/telemetry/x.ts', "import type { LiveTokens } from '../live-tokens.js';"],
  ['lib/telemetry/x.ts', "import type { Request } from 'express';", wall],
  ['lib/telemetry/x.ts', "import { Redis } from 'ioredis';", wall],
  ['lib/telemetry/x.ts', "import { main } from '../cli/main.js';", wall],
  ['lib/policy/x.ts', "import type { Meter } from '@opentelemetry/api';", wall],
  ['lib/guard/x.ts', "import { trace } from '@opentelemetry/api';", wall],
  ['lib/live-tokens.ts', "import { instrument } from './telemetry/opentelemetry.js';", wall],
  ['lib/index.ts', "export { instrument } from './telemetry/opentelemetry.js';", wall],
  ['lib/cli/x.ts', "import { instrument } from '../telemetry/opentelemetry.js';", wall],
  ['lib/stores/redis/x.ts', "import { instrument } from '../../telemetry/opentelemetry.js';", wall],

  // no way round
  ['lib/guard/x.ts', "import { jwtVerifier } from 'livetoken';", wall],
  ['lib/stores/x.ts', "import { requireLiveToken } from '../index.js';", wall],
  ['lib/stores/x.ts', "import { requireLiveToken } from '..';", wall],
  ['lib/stores/x.ts', "export const late = () => import('express');", syntax],

  // an index is a table of contents
  ['lib/stores/index.ts', "export { memoryStore } from './memory.js';"],
  ['lib/stores/index.ts', "export type { Store } from './store.js';"],
  ['lib/stores/index.ts', "export * from './redis/index.js';"],
  ['lib/stores/index.ts', 'export const answer = 42;', syntax],
  ['lib/stores/index.ts', "import { a } from './a.js';\nexport { a };", syntax, syntax],

  // tests and the demo stand outside
  ['__tests__/x.test.ts', "import { Redis } from 'ioredis';\nimport express from 'express';"],
  ['demo-app/x.ts', "import jwt from 'jsonwebtoken';\nimport { guard } from 'livetoken';"],
];

function lint(all: readonly Case[]): string[][] {
  const program = join(import.meta.dirname, 'support/lint-texts.mjs');
  const input = JSON.stringify(all.map(([filePath, text]) => ({ filePath, text })));
  return JSON.parse(execFileSync(process.execPath, [program], { input, encoding: 'utf8' })) as string[][];
}

describe('import walls', () => {
  let found: string[][];
  beforeAll(() => {
    found = lint(cases);
  });

  const table = cases.map(([filePath, text, ...broken], index) => ({
    title: `${filePath} ${broken.length > 0 ? 'may not' : 'may'} ${text.replace('\n', ' ')}`,
    index,
    broken,
  }));

  test.each(table)('$title', ({ index, broken }) => {
    expect(found[index]).toEqual(broken);
  });
});
