/** How long tokens can live, and how much longer their revocations are kept. All in milliseconds. */
export interface Retention {
  readonly maxLifetimeMs: number;
  readonly clockToleranceMs: number;
  /** How far the issuer's clock may run ahead: an epoch refuses tokens issued, and so expiring, that much after it. */
  readonly issuerSkewMs: number;
  /** Covers clocks that differ between issuer, application and store. */
  readonly marginMs: number;
}

/**
 * How long a revocation of something that goes on having tokens (a user, a client...) must be kept: until the last token that
 * was issued before now has expired everywhere. A duration and not a date, so that a store with another clock keeps it as long.
 */
export function keepForMs(retention: Retention): number {
  return retention.issuerSkewMs + retention.maxLifetimeMs + retention.clockToleranceMs + retention.marginMs;
}

/**
 * The same for one token whose expiry is known. Zero when it has expired for everybody, whose clocks may be behind by the margin,
 * so that there is nothing to record. What is not a number is passed on, for the store to refuse: it must not read as "nothing".
 */
export function keepTokenForMs(retention: Retention, expiresAtMs: number, nowMs: number): number {
  const remainingMs = Math.ceil(expiresAtMs - nowMs) + retention.clockToleranceMs + retention.marginMs;
  return remainingMs <= 0 ? 0 : remainingMs;
}
