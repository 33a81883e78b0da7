/**
 * The one rule: a token is revoked if and only if some target it falls under has an epoch at or after its issue time,
 * or after the time of its grant where that is earlier.
 *
 * @param judgedFromMs earliest instant at which the token may have been issued, or its grant may have begun
 * @param epochsMs the epochs of all its targets, `undefined` where a target was never revoked
 * @returns index of a target that refuses the token (the one with the latest epoch), or -1 when none does
 */
export function refusingTarget(judgedFromMs: number, epochsMs: readonly (number | undefined)[]): number {
  let refusing = -1;
  let latestMs = -Infinity;
  for (const [index, epochMs] of epochsMs.entries()) {
    if (epochMs === undefined || epochMs < judgedFromMs || epochMs <= latestMs) continue;
    latestMs = epochMs;
    refusing = index;
  }
  return refusing;
}
