/** Milliseconds as the scripts write them: digits, or `*` for no end. NaN for anything else. */
export function readMs(text: string): number {
  if (text === '*') return Infinity;
  return /^\d{1,16}$/.test(text) ? Number(text) : NaN;
}

const REVOCATION = /^(?:(\d{1,16}) )?(\d{1,16})$/;

/** A revocation as it stands in its bucket: no epoch for what is dead for good. NaN for anything else. */
export function readRevocation(value: string): { readonly epochMs: number; readonly keepUntilMs: number } {
  const match = REVOCATION.exec(value);
  if (match === null) return { epochMs: NaN, keepUntilMs: NaN };
  return { epochMs: match[1] === undefined ? Infinity : Number(match[1]), keepUntilMs: Number(match[2]) };
}
