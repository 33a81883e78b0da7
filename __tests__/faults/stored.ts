import type { Redis } from 'ioredis';
import type { Target } from 'livetoken';
import { targetKey } from '../../lib/model/target-key.js';
import { bucketField, redisKeys } from '../../lib/stores/redis/keys.js';
import { logName } from '../../lib/stores/redis/log-text.js';
import { monotonicMs, type Stored } from './history.js';
import { NAMESPACE } from './instance-messages.js';
import { nameOf } from './population.js';

const names = redisKeys(NAMESPACE);

/** What a server holds of these targets, read past the package. */
export async function readStored(client: Redis, server: string, targets: readonly Target[]): Promise<Stored> {
  const beganMs = monotonicMs();
  const keys = targets.map(target => ({ name: nameOf(target), key: targetKey(target) }));
  const pipeline = client.pipeline();
  for (const { key } of keys) pipeline.hget(names.bucket(key), bucketField(key));
  const [incarnation, log, values] = await Promise.all([client.hget(names.state, 'incarnation'), client.xrange(names.log, '-', '+'), pipeline.exec()]);
  const inLog = new Set(log.map(([, fields]) => fields[1]?.split(' ')[0]));
  const revocations = keys.flatMap(({ name, key }, i) => {
    const [error, value] = values![i]!;
    if (error) throw error;
    const isIn = inLog.has(logName(key));
    if (value === null && !isIn) return [];
    return [{ target: name, ...readValue(value as string | null), inLog: isIn }];
  });
  return { event: 'stored', server, beganMs, atMs: monotonicMs(), incarnation: incarnation ?? undefined, revocations };
}

/** `<keepUntil>` of what is dead for good, else `<epoch> <keepUntil>`. */
function readValue(value: string | null): { epochMs: number | 'final' | undefined; keepUntilMs: number | undefined } {
  if (value === null) return { epochMs: undefined, keepUntilMs: undefined };
  const [first = '', second] = value.split(' ');
  return second === undefined ? { epochMs: 'final', keepUntilMs: Number(first) } : { epochMs: Number(first), keepUntilMs: Number(second) };
}
