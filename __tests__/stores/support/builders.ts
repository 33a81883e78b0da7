import { randomBytes, randomUUID } from 'node:crypto';
import { targetKey, type TargetKey } from '../../../lib/model/target-key.js';
import type { RevocationWrite, TrackedToken } from '../../../lib/stores/store.js';

export const HOUR_MS = 3_600_000;

/** A target that no other test knows of. */
export function anyKey(): TargetKey {
  return targetKey({ kind: 'subject', id: randomUUID() });
}

export function keys(count: number): TargetKey[] {
  return Array.from({ length: count }, anyKey);
}

/** Characters at the end of a key that name it among its neighbours. */
const OWN_LENGTH = 20;

/** Targets that a store may keep together. */
export function neighbours(count: number): TargetKey[] {
  const start = anyKey().slice(0, -OWN_LENGTH);
  return Array.from({ length: count }, () => `${start}${randomBytes(15).toString('base64url')}` as TargetKey);
}

/** Targets of which no two are neighbours: what is kept of one for longer does not hold on to another. */
export function farApart(count: number): TargetKey[] {
  const found = new Map<string, TargetKey>();
  while (found.size < count) {
    const key = anyKey();
    found.set(key.slice(0, -OWN_LENGTH), key);
  }
  return [...found.values()];
}

export function write(key: TargetKey, differences: Partial<RevocationWrite> = {}): RevocationWrite {
  return { key, epoch: 'now', keepForMs: HOUR_MS, note: { key, target: 'a target' }, ...differences };
}

export function trackedToken(differences: Partial<TrackedToken> = {}): TrackedToken {
  const nowMs = Date.now();
  return {
    key: targetKey({ kind: 'token', id: randomUUID() }),
    targets: [anyKey()],
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + HOUR_MS,
    details: '{"scope":"orders:read"}',
    ...differences,
  };
}
