import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target, TargetKey } from 'livetoken';
import { guardOf, type Guard } from '../harness/guard.js';
import type { CheckingKey } from '../harness/issuer.js';
import { serveWorker } from '../harness/serve-worker.js';

export interface Revoked {
  readonly key: TargetKey;
  readonly calledAt: bigint;
  /** When `revoke` had resolved. */
  readonly resolvedAt: bigint;
}

export interface Plan {
  readonly targets: readonly Target[];
  /** On average between two; each comes up to half of it sooner or later, so as not to keep step with anything. */
  readonly everyMs: number;
}

let guard: Guard;
let others: NodeJS.Timeout | undefined;
let failure: unknown;

/** Of the latest revocation: told by its event, before `revoke` resolves. */
const keys = new Map<string, TargetKey>();

/** A process that revokes. */
export const answers = {
  async prepare({ key, redisUrl }: { key: CheckingKey; redisUrl: string }): Promise<void> {
    guard = await guardOf('replica + remembered', key, redisUrl);
    guard.live.on('revoked', ({ requestId, key: revoked }) => { if (requestId !== undefined) keys.set(requestId, revoked); });
    await guard.live.ready();
  },
  /** One after the other. */
  async revoke({ targets, everyMs }: Plan): Promise<readonly Revoked[]> {
    const revoked: Revoked[] = [];
    const startedAtMs = performance.now();
    for (const [i, target] of targets.entries()) {
      await sleep(startedAtMs + (i + Math.random()) * everyMs - performance.now());
      revoked.push(await revoke(target));
    }
    if (failure !== undefined) throw new Error('Another revocation failed.', { cause: failure });
    return revoked;
  },
  /** Goes on revoking tokens that nobody asks about; none a second: stops. */
  revokeOthers(perSecond: number): void {
    clearInterval(others);
    if (perSecond === 0) return;
    others = setInterval(() => {
      guard.live.revoke({ kind: 'token', id: randomUUID(), organisation: 'org-1' }).catch((error: unknown) => { failure ??= error; });
    }, 1000 / perSecond);
  },
  cpu: (): NodeJS.CpuUsage => process.cpuUsage(),
};

async function revoke(target: Target): Promise<Revoked> {
  const requestId = randomUUID();
  const calledAt = process.hrtime.bigint();
  await guard.live.revoke(target, { requestId });
  const resolvedAt = process.hrtime.bigint();
  const key = keys.get(requestId);
  keys.delete(requestId);
  if (key === undefined) throw new Error('A revocation was not told of.');
  return { key, calledAt, resolvedAt };
}

serveWorker(answers);
