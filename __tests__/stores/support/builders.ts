import { randomUUID } from 'node:crypto';
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
