import { randomInt } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { builtPackage } from '../harness/built-package.js';
import { MAX_LIFETIME_S } from '../harness/issuer.js';
import { micros } from '../harness/machine-load.js';
import { serveWorker } from '../harness/serve-worker.js';
import { revokedId } from '../measures/revoked-token.js';

export interface Start {
  /** From before the store is made until `ready()` has resolved. */
  readonly readyMs: number;
  readonly cpuMs: number;
  /** What the event loop saw meanwhile: `monitorEventLoopDelay`, its own millisecond included. */
  readonly longestBlockMs: number;
  readonly entries: number;
  readonly bytes: number;
}

const { createLiveTokens, redisStore } = await builtPackage();

/** A process that has just begun. Its modules are loaded; nothing of them has run. */
export const answers = {
  wake: (): void => undefined,
  async start({ redisUrl, tokens }: { redisUrl: string; tokens: number }): Promise<Start> {
    const delays = monitorEventLoopDelay({ resolution: 1 });
    delays.enable();
    const cpuBefore = process.cpuUsage();
    const startedAtMs = performance.now();
    const live = createLiveTokens({
      store: redisStore(new Redis(redisUrl, { lazyConnect: true })),
      maxLifetime: MAX_LIFETIME_S,
      claims: { organisation: 'org' },
    });
    await live.ready();
    const readyMs = performance.now() - startedAtMs;
    const cpuMs = micros(process.cpuUsage(cpuBefore)) / 1000;
    // What blocked last would be seen by its next timer only.
    await sleep(5);
    delays.disable();
    const { entries = 0, bytes = 0 } = live.health().replica ?? {};
    for (let i = 0; i < 100; i++) await assertRefused(revokedId(randomInt(tokens)), live);
    await live.close();
    return { readyMs, cpuMs, longestBlockMs: delays.max / 1e6, entries, bytes };
  },
};

async function assertRefused(jti: string, live: ReturnType<typeof createLiveTokens>): Promise<void> {
  const iat = Math.floor(Date.now() / 1000) - 60;
  const verdict = await live.check({ jti, org: 'org-1', iat, exp: iat + 3600 });
  if (verdict.live) throw new Error('A token that was revoked is live.');
}

serveWorker(answers);
