/** Milliseconds as the scripts write them: digits, or `*` for no end. NaN for anything else. */
export function readMs(text: string): number {
  if (text === '*') return Infinity;
  return /^\d{1,16}$/.test(text) ? Number(text) : NaN;
}
