import type { OnceKey } from '../../model/once-key.js';
import type { TargetKey } from '../../model/target-key.js';
import type { TargetKind } from '../../model/target.js';

/** Every key of one namespace, under one hash tag: one slot of a cluster, so that a script may touch them together. */
export interface RedisKeys {
  /** Stream: one lean entry a revocation, for instances to follow. */
  readonly log: string;
  /** Stream: who revoked what, when, why. */
  readonly audit: string;
  /**
   * Hash. `incarnation`: drawn anew with the data, so that a wipe shows. `lost`, `settled:<incarnation>`: data that was lost, and what
   * is settled of that. `logMs`: how long the log keeps entries; `length`: how many there are; `torn`: until when it matters that there
   * were fewer. `acknowledged`: a count that serves to write something replicas are to acknowledge; `proven`: as far as they did.
   */
  readonly state: string;
  /** Hash: the revocations of 1 in 4,096 targets of a kind, by `bucketField`. Leaves with the one that is kept longest. */
  bucket(key: TargetKey): string;
  /** All buckets that there can be, some at a time. */
  allBuckets(): Generator<readonly Bucket[]>;
  /** Hash `json`, `revokedAt`: a tracked token. */
  tracked(key: TargetKey): string;
  /** Sorted set, all scores 0: the active tracked tokens under a target. */
  active(key: TargetKey): string;
  /** When it was first used, milliseconds, and by which call. */
  used(key: OnceKey): string;
}

export interface Bucket {
  readonly name: string;
  /** The key of the target that has this field in it. */
  readonly keyOf: (field: string) => TargetKey;
}

const KINDS: readonly TargetKind[] = ['token', 'grant', 'session', 'subject', 'member', 'client', 'organisation', 'all'];
const BASE64URL = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');

const NAMESPACE = /^[\w.-]{1,64}$/;

/** Characters of a hash that tell the fields of a bucket apart; the two before them name the bucket. */
const FIELD_LENGTH = 20;

export function redisKeys(namespace: string): RedisKeys {
  if (typeof namespace !== 'string' || !NAMESPACE.test(namespace)) {
    throw new TypeError('redisStore: namespace must be 1 to 64 letters, digits, dots, dashes or underscores, such as "shop".');
  }
  const prefix = `{livetoken:${namespace}}:`;
  return {
    log: `${prefix}log`,
    audit: `${prefix}audit`,
    state: `${prefix}state`,
    bucket: key => prefix + key.slice(0, -FIELD_LENGTH),
    allBuckets: () => allBuckets(prefix),
    tracked: key => `${prefix}tracked:${key}`,
    active: key => `${prefix}active:${key}`,
    used: key => `${prefix}used:${key}`,
  };
}

function* allBuckets(prefix: string): Generator<readonly Bucket[]> {
  for (const kind of KINDS) {
    for (const first of BASE64URL) {
      yield BASE64URL.map(second => {
        const start = `${kind}:${first}${second}`;
        return { name: prefix + start, keyOf: field => (start + field) as TargetKey };
      });
    }
  }
}

/** Value: `<keepUntil>` of what is dead for good, else `<epoch> <keepUntil>`. */
export function bucketField(key: TargetKey): string {
  return key.slice(-FIELD_LENGTH);
}
