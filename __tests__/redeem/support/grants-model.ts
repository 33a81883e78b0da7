import type { Target } from 'livetoken';

/** A grant in words: when it began, and whether it was ended. */
export interface Grant {
  readonly id: string;
  readonly session: string;
  readonly user: string;
  readonly bornMs: number;
  ended: boolean;
}

/** A token of it, as its issuer sees it. */
export interface Token {
  readonly id: string;
  readonly grant: Grant;
  readonly isRefresh: boolean;
  readonly issuedMs: number;
  readonly expiresMs: number;
  firstUsedMs: number | undefined;
  ended: boolean;
}

export interface Epoch {
  readonly target: Target;
  readonly epochMs: number;
}

/** What each kind of target means for a token, without keys, stores or merging. */
export function covers({ target, epochMs }: Epoch, { grant }: Token): boolean {
  const isMeant =
    target.kind === 'all' ||
    (target.kind === 'subject' && target.id === grant.user) ||
    (target.kind === 'session' && target.id === grant.session) ||
    (target.kind === 'client' && target.id === 'web');
  return isMeant && (target.kind === 'session' || grant.bornMs <= epochMs);
}

export function isTimely({ expiresMs }: Token, nowMs: number, toleranceMs: number): boolean {
  return nowMs < expiresMs + toleranceMs;
}

/** The rule of the product: revoked on purpose, or of a grant that was ended by a replay. */
export function isRevoked(token: Token, epochs: readonly Epoch[]): boolean {
  return token.ended || isOfTheDead(token, epochs);
}

/** Revoked with more than itself. */
function isOfTheDead(token: Token, epochs: readonly Epoch[]): boolean {
  return token.grant.ended || epochs.some(epoch => covers(epoch, token));
}

/** What redeeming this token must come to. */
export function outcomeFor(token: Token, epochs: readonly Epoch[], nowMs: number, toleranceMs: number, graceMs: number): string {
  if (!isTimely(token, nowMs, toleranceMs)) return 'expired';
  const isAgain = token.firstUsedMs !== undefined;
  const isReplay = isAgain && nowMs - (token.firstUsedMs as number) >= graceMs;
  if (isReplay && !isOfTheDead(token, epochs)) return 'replayed';
  if (isRevoked(token, epochs)) return 'revoked';
  return isAgain ? 'repeated' : 'redeemed';
}
