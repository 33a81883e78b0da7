import { InvalidTokenError } from '../errors.js';

/** Latest NumericDate taken seriously: the end of the year 9999. Milliseconds given for seconds lie far beyond it. */
const MAX_NUMERIC_DATE = 253_402_300_799;

/** `ms / 1000` is seldom exact in binary: what lies this little below a millisecond is that millisecond, not the one before. */
const FRACTION_NOISE_MS = 0.001;

/**
 * A NumericDate (RFC 7519 section 2: seconds, fractions allowed) as integer milliseconds.
 *
 * @throws InvalidTokenError `malformed` unless it is a finite number between 1970 and the year 9999
 */
export function numericDateToMs(value: unknown, name: string): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= MAX_NUMERIC_DATE)) {
    throw new InvalidTokenError('malformed', `The claim ${name} is not a NumericDate in seconds.`);
  }
  return Math.floor(value * 1000 + FRACTION_NOISE_MS);
}

/**
 * The earliest instant at which the token may have been issued. A whole-second `iat` says "some time in this second", so the
 * second's start counts (the safe side); `exactMs`, an integer of milliseconds beside it, may say more but never contradict it.
 *
 * @throws InvalidTokenError `malformed` where `exactMs` is no integer or lies outside the second of `iat`
 */
export function issuedAtMs(iat: unknown, exactMs: unknown): number {
  const iatMs = numericDateToMs(iat, 'iat');
  if (exactMs === undefined) return iatMs;
  const secondMs = Math.floor(iatMs / 1000) * 1000;
  if (!Number.isSafeInteger(exactMs) || (exactMs as number) < secondMs || (exactMs as number) >= secondMs + 1000) {
    throw new InvalidTokenError('malformed', 'The exact issue time is not an integer of milliseconds inside the second of iat.');
  }
  // A fractional iat beside an exact time is two statements: the earlier one is the safe one.
  return iatMs === secondMs ? (exactMs as number) : Math.min(iatMs, exactMs as number);
}

/**
 * When the grant began that a token belongs to, as the token says: an integer of milliseconds. No token is older than its grant;
 * one that claims to be contradicts itself. (Later in the same second it may begin: whole seconds say no more.)
 *
 * @param issuedMs of the token; -Infinity where that is unknown
 * @throws InvalidTokenError `malformed`
 */
export function grantedAtMs(value: unknown, issuedMs: number): number | undefined {
  if (value === undefined) return undefined;
  const latestMs = issuedMs === -Infinity ? Infinity : Math.floor(issuedMs / 1000) * 1000 + 999;
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > latestMs) {
    throw new InvalidTokenError('malformed', 'The time of the grant is not an integer of milliseconds, or lies after the time of issue.');
  }
  return value as number;
}
