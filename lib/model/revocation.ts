/**
 * A revocation of some target: every token under it that was issued at or before `epochMs` is refused.
 *
 * @property epochMs milliseconds since 1970; Infinity for what is dead for good
 * @property keepUntilMs milliseconds since 1970; from then on no token can be alive that this could refuse
 */
export interface Revocation {
  readonly epochMs: number;
  readonly keepUntilMs: number;
}

/**
 * Two revocations of one target are one: the later epoch, the later keepUntil. Commutative, associative and idempotent, so
 * replay, duplication and reordering do no harm, and nothing ever un-revokes.
 */
export function mergeRevocations(a: Revocation, b: Revocation): Revocation {
  return { epochMs: Math.max(a.epochMs, b.epochMs), keepUntilMs: Math.max(a.keepUntilMs, b.keepUntilMs) };
}
