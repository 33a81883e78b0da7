import { randomUUID } from 'node:crypto';
import type { Claims, LiveTokens, Redemption } from 'livetoken';
import { createIssuer, REFRESH } from '../../support/issuer.js';

export const issuer = createIssuer();

export const GRANT = { kind: 'grant', id: 'grant-1' } as const;

/** Everything that the tokens of a login fall under, apart from their own ids. */
export const ALL_ABOVE = [
  GRANT,
  { kind: 'session', id: 'session-1' },
  { kind: 'subject', id: 'alice' },
  { kind: 'subject', id: 'alice', sessionsOnly: true },
  { kind: 'subject', id: 'alice', client: 'web' },
  { kind: 'member', id: 'alice', organisation: 'org-a' },
  { kind: 'client', id: 'web' },
  { kind: 'organisation', id: 'org-a' },
  { kind: 'all' },
] as const;

/** Claims with exact times, as of an instant. */
export function issuedAt(atMs: number, overrides: Claims = {}, lifetimeS = 600): Claims {
  const iat = Math.floor(atMs / 1000);
  return issuer.claims({ iat, iat_ms: atMs, exp: iat + lifetimeS, ...overrides });
}

/** What an issuer gives to alice when she signs in. A moment ago, so that whatever happens now comes after it. */
export function login(overrides: Claims = {}, atMs = Date.now() - 1000): { readonly refresh: Claims; readonly access: Claims } {
  return { refresh: issuedAt(atMs, { ...REFRESH, ...overrides }), access: issuedAt(atMs, overrides) };
}

/** What an issuer gives for a refresh token that was redeemed. */
export function successors(refresh: Claims, { grantedAtMs, issueAtMs }: Redemption, lifetimeS = 600): { readonly refresh: Claims; readonly access: Claims } {
  const iat = Math.floor(issueAtMs / 1000);
  const common = { ...refresh, iat, iat_ms: issueAtMs, exp: iat + lifetimeS, grant_iat_ms: grantedAtMs };
  const { token_use: _, ...access } = { ...common, jti: randomUUID() } as Claims;
  return { refresh: { ...common, jti: randomUUID() }, access };
}

/** `live`, or why not. */
export async function stateOf(live: LiveTokens, claims: Claims): Promise<string> {
  const verdict = await live.check(claims, { consistency: 'strong' });
  return verdict.live ? 'live' : verdict.reason;
}

/** What redeeming came to: `redeemed`, `repeated`, or the reason or code of the refusal. */
export async function outcomeOf(work: Promise<Redemption>): Promise<string> {
  try {
    const { repeated } = await work;
    return repeated ? 'repeated' : 'redeemed';
  } catch (error) {
    const { reason, code } = error as { readonly reason?: string; readonly code?: string };
    return reason ?? code ?? String(error);
  }
}
