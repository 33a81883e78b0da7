/**
 * The one rule: a token is revoked if and only if some target it falls under has an epoch at or after its issue time.
 *
 * @param issuedAtMs earliest instant at which the token may have been issued
 * @param epochsMs the epochs of all its targets, `undefined` where a target was never revoked
 * @returns index of a target that refuses the token (the one with the latest epoch), or -1 when none does
 */
export function refusingTarget(issuedAtMs: number, epochsMs: readonly (number | undefined)[]): number {
  let refusing = -1;
  let latestMs = -Infinity;
  for (const [index, epochMs] of epochsMs.entries()) {
    if (epochMs === undefined || epochMs < issuedAtMs || epochMs <= latestMs) continue;
    latestMs = epochMs;
    refusing = index;
  }
  return refusing;
}
