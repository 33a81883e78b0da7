import { randomUUID } from 'node:crypto';
import type { Claims } from 'livetoken';
import { ancestorsOf } from '../seed.js';
import { AUDIENCE, ISSUER } from './signing-keys.js';

export const ACCESS_LIFETIME_S = 900;

/** The longest of all: what `maxLifetime` must be, so that a revocation outlives every token that it refuses. */
export const REFRESH_LIFETIME_S = 30 * 86_400;

/** Whom a token is for. */
export interface Holder {
  readonly subject: string;
  readonly client: string;
  readonly organisation: string;
  /** The organisation that asked for the token. Default: the one that it is for. */
  readonly requestedBy?: string;
  readonly scopes: readonly string[];
  /** A login has a session and a grant, which its access and refresh tokens share. */
  readonly login?: { readonly session: string; readonly grant: string };
}

export const newLogin = (): NonNullable<Holder['login']> => ({ session: randomUUID(), grant: randomUUID() });

/** The claims that do not change from one token of a holder to the next. */
export function identityOf({ subject, client, organisation, requestedBy = organisation, scopes, login }: Holder): Claims {
  const others = new Set([requestedBy, ...ancestorsOf(organisation)]);
  others.delete(organisation);
  return {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: subject,
    client_id: client,
    scope: scopes.join(' '),
    org: organisation,
    // Revoking the partner kills what was issued by it or below it.
    orgs: [...others],
    ...(login !== undefined && { sid: login.session, grant_id: login.grant }),
  };
}

const IDENTITY = ['iss', 'aud', 'sub', 'client_id', 'scope', 'org', 'orgs', 'sid', 'grant_id'];

/** The same, out of the claims of a token. Not `grant_iat_ms`, when its grant began: what is not refreshed begins anew. */
export function identityIn(claims: Claims): Claims {
  return Object.fromEntries(IDENTITY.filter(name => claims[name] !== undefined).map(name => [name, claims[name]]));
}

/** `iat` in whole seconds as everybody reads it, and `iat_ms` so that a revocation in the same second is told apart. */
export function stamp(identity: Claims, issuedAtMs: number, lifetimeS: number): Claims {
  const iat = Math.floor(issuedAtMs / 1000);
  return { ...identity, jti: randomUUID(), iat, iat_ms: issuedAtMs, exp: iat + lifetimeS };
}
