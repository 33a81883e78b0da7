/** Milliseconds as the scripts write them: digits, or `*` for no end. NaN for anything else. */
export function readMs(text: string): number {
  if (text === '*') return Infinity;
  return /^\d{1,16}$/.test(text) ? Number(text) : NaN;
}

const REVOCATION = /^(?:(\d{1,16}) )?\d{1,16}$/;

/** The epoch of a revocation as it stands in its bucket: no epoch for what is dead for good. NaN for anything else. */
export function readEpoch(value: string): number {
  const match = REVOCATION.exec(value);
  if (match === null) return NaN;
  return match[1] === undefined ? Infinity : Number(match[1]);
}
