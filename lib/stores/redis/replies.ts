import { StoreUnavailableError } from '../../errors.js';
import type { TargetKey } from '../../model/target-key.js';
import type { RecordedRevocation, TrackedToken, Use } from '../store.js';
import { readMs } from './numbers.js';

/** What `RECORD_SCRIPT` answers. */
export interface Recorded {
  readonly incarnation: string;
  readonly revocations: readonly RecordedRevocation[];
}

export function readRecorded([now = '', incarnation = '', ...fields]: readonly string[]): Recorded {
  const revocations: RecordedRevocation[] = [];
  for (let i = 0; i < fields.length; i += 3) {
    const [epoch = '', keepUntil = '', moved] = fields.slice(i, i + 3);
    revocations.push({ epochMs: readMs(epoch), keepUntilMs: readMs(keepUntil), recordedAtMs: readMs(now), changed: moved === '1' });
  }
  return { incarnation, revocations };
}

export function readTracked(key: TargetKey, [json, revokedAt]: readonly [string | null, string | null]): TrackedToken | undefined {
  if (json === null) return undefined;
  const token = JSON.parse(json) as Pick<TrackedToken, 'targets' | 'expiresAtMs' | 'details'> & { readonly issuedAtMs: number | null };
  // JSON has no -Infinity, which stands for an issue time that is unknown.
  const issuedAtMs = token.issuedAtMs ?? -Infinity;
  return { ...token, issuedAtMs, key, ...(revokedAt !== null && { revokedAtMs: Number(revokedAt) }) };
}

export type UseReply = readonly [isFirst: string, firstAtMs: string, nowMs: string];

export function readUse([isFirst, firstAt, now]: UseReply): Use {
  return { isFirst: isFirst === '1', firstAtMs: readMs(firstAt), nowMs: readMs(now) };
}

/** When something was first used, from what `USE_ONCE_SCRIPT` keeps of it. */
export function readFirstUseMs(use: string): number {
  const firstAtMs = readMs(use.split(' ', 1)[0] ?? '');
  if (Number.isNaN(firstAtMs)) throw new StoreUnavailableError('A use in the store cannot be read.');
  return firstAtMs;
}
