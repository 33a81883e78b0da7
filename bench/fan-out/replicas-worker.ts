import { Redis } from 'ioredis';
import type { LiveTokens, RevocationStore, TargetKey } from 'livetoken';
import { builtPackage } from '../harness/built-package.js';
import { MAX_LIFETIME_S } from '../harness/issuer.js';
import { serveWorker } from '../harness/serve-worker.js';

const lives: LiveTokens[] = [];

/** How often one was stale, or began to read the log from its start again, since it was last asked. */
let lapses = 0;

/** When each replica learned of each revocation, since it was last asked. */
let learned = new Map<TargetKey, bigint[]>();

/** A process with many instances of livetoken, each with connections and a copy of its own, as if in a process of its own. */
export const answers = {
  async open({ redisUrl, replicas }: { redisUrl: string; replicas: number }): Promise<void> {
    const { createLiveTokens, redisStore } = await builtPackage();
    const opened = Array.from({ length: replicas }, () => {
      const store: RevocationStore = redisStore(new Redis(redisUrl, { lazyConnect: true }));
      store.local?.subscribe(key => { note(key, process.hrtime.bigint()); });
      return createLiveTokens({ store, maxLifetime: MAX_LIFETIME_S, claims: { organisation: 'org' } });
    });
    lives.push(...opened);
    await Promise.all(opened.map(live => live.ready()));
    for (const live of opened) live.on('replica', ({ state }) => { if (state !== 'live') lapses += 1; });
  },
  /** Once every replica here has learned of all of these: when, for each of them. */
  async collect(keys: readonly TargetKey[]): Promise<readonly (readonly bigint[])[]> {
    for (let attempt = 0; !isComplete(keys); attempt++) {
      if (attempt === 1000) throw new Error('A replica did not learn of a revocation.');
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    const collected = keys.map(key => learned.get(key) ?? []);
    learned = new Map();
    return collected;
  },
  lapses(): number {
    const counted = lapses;
    lapses = 0;
    return counted;
  },
  cpu: (): NodeJS.CpuUsage => process.cpuUsage(),
};

function note(key: TargetKey, at: bigint): void {
  const times = learned.get(key);
  if (times === undefined) learned.set(key, [at]);
  else times.push(at);
}

function isComplete(keys: readonly TargetKey[]): boolean {
  return keys.every(key => learned.get(key)?.length === lives.length);
}

serveWorker(answers);
