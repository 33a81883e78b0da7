import { InvalidTokenError } from '../errors.js';
import { isPlainObject, type Claims } from './claims.js';
import { isIdentifier } from './identifier.js';
import type { Narrowing, Target } from './target.js';
import { grantedAtMs, issuedAtMs, numericDateToMs } from './times.js';

/** Where a fact stands in the claims: the name of a claim, or a function of all of them. `undefined` means absent. */
export type ClaimSource = string | ((claims: Claims) => unknown);

/** Which claim says what. */
export interface ClaimsMapping {
  /** The token's own id. Default `jti`. */
  readonly tokenId: ClaimSource;
  /** The user. Default `sub`. */
  readonly subject: ClaimSource;
  /** The session. Default `sid`. */
  readonly session: ClaimSource;
  /** The authorisation that a refresh token shares with its access tokens. Default `grant_id`. */
  readonly grant: ClaimSource;
  /** The OAuth client. Default `client_id`, else `azp`. */
  readonly client: ClaimSource;
  /** The organisation that the token is for. No default: without it there is one tenant. Once named, tokens without it are refused. */
  readonly organisation?: ClaimSource;
  /** Further organisations whose revocations it falls under (requesting, ancestors): a string or an array. No default. */
  readonly organisations?: ClaimSource;
  /** Exact issue time, integer milliseconds inside the second of `iat`. Default `iat_ms`. */
  readonly issuedAtMs: ClaimSource;
  /**
   * When the grant began, integer milliseconds: what `redeem` answered when the token was made from a refresh token. An epoch since
   * then refuses the token, however often its grant was refreshed. Default `grant_iat_ms`; tokens without it began their grant.
   */
  readonly grantedAtMs: ClaimSource;
}

/** What the model needs of the options that say which tokens are acceptable. */
export interface FactsPolicy {
  readonly claims: ClaimsMapping;
  readonly maxLifetimeMs: number;
  readonly issuerSkewMs: number;
  readonly maxOrganisations: number;
  readonly unsafe: UnsafeOptions;
}

/** Opt-outs for migrations. Each makes some tokens impossible to revoke in some way. All default to false. */
export interface UnsafeOptions {
  /** Tokens without a `jti` pass: they cannot be revoked one by one. */
  readonly acceptMissingTokenId?: boolean;
  /** Tokens without an `iat` pass: any epoch on any of their targets refuses them for as long as it is kept. */
  readonly acceptMissingIssuedAt?: boolean;
  /** Tokens without the organisation claim pass: no organisation can revoke them. */
  readonly acceptMissingOrganisation?: boolean;
  /** Tokens that live longer than `maxLifetime` pass: they may outlive their own revocation and come back to life. */
  readonly acceptAnyLifetime?: boolean;
}

/** A token as the rule sees it: ids, times, and every target it falls under. */
export interface TokenFacts {
  readonly tokenId: string | undefined;
  readonly subject: string | undefined;
  readonly session: string | undefined;
  readonly grant: string | undefined;
  readonly client: string | undefined;
  readonly organisation: string | undefined;
  /** All organisations, the token's own first. */
  readonly organisations: readonly string[];
  /** Earliest instant of issue, already set back by the issuer's skew. -Infinity where unknown. */
  readonly issuedAtMs: number;
  /** When its grant began, as the token itself says. */
  readonly grantedAtMs: number | undefined;
  /** What epochs are compared with: issue or grant, whichever is earlier, set back by the skew. Refreshing does not move it. */
  readonly judgedFromMs: number;
  readonly expiresAtMs: number;
  readonly notBeforeMs: number | undefined;
  readonly targets: readonly Target[];
}

/**
 * Reads what is needed to revoke a token out of its claims, and refuses the token if it could not be revoked.
 *
 * @throws InvalidTokenError `malformed`, `unrevocable` or `lifetime_too_long`
 */
export function tokenFacts(claims: Claims, policy: FactsPolicy): TokenFacts {
  if (!isPlainObject(claims)) throw new InvalidTokenError('malformed', 'The payload is not a plain object.');
  const ids = readIds(claims, policy);
  const { tokenId, subject, session, grant, client, organisation, organisations } = ids;
  const { issuedAtMs, grantedAtMs, judgedFromMs, expiresAtMs, notBeforeMs } = readTimes(claims, policy);
  const targets = targetsOf(ids);
  // Written out: what is spread together is six times slower to make, and to read ever after.
  return {
    tokenId,
    subject,
    session,
    grant,
    client,
    organisation,
    organisations,
    issuedAtMs,
    grantedAtMs,
    judgedFromMs,
    expiresAtMs,
    notBeforeMs,
    targets,
  };
}

type Times = Pick<TokenFacts, 'issuedAtMs' | 'grantedAtMs' | 'judgedFromMs' | 'expiresAtMs' | 'notBeforeMs'>;

/** The ids of a token, apart from its times. */
export type TokenIds = Omit<TokenFacts, keyof Times | 'targets'>;

function readIds(claims: Claims, policy: FactsPolicy): TokenIds {
  const { claims: mapping, unsafe } = policy;
  const tokenId = readId(claims, mapping.tokenId, 'token id');
  if (tokenId === undefined && unsafe.acceptMissingTokenId !== true) throw unrevocable('it has no token id (jti)');
  const organisation = mapping.organisation && readId(claims, mapping.organisation, 'organisation');
  if (mapping.organisation !== undefined && organisation === undefined && unsafe.acceptMissingOrganisation !== true) {
    throw unrevocable('it names no organisation');
  }
  return {
    tokenId,
    subject: readId(claims, mapping.subject, 'subject'),
    session: readId(claims, mapping.session, 'session'),
    grant: readId(claims, mapping.grant, 'grant'),
    client: readId(claims, mapping.client, 'client'),
    organisation,
    organisations: readOrganisations(claims, policy, organisation),
  };
}

function readOrganisations(claims: Claims, policy: FactsPolicy, own: string | undefined): readonly string[] {
  const { organisations: source } = policy.claims;
  const value = source === undefined ? undefined : read(claims, source);
  const further: readonly unknown[] = value === undefined ? [] : Array.isArray(value) ? value : [value];
  if (further.length + (own === undefined ? 0 : 1) > policy.maxOrganisations) throw unrevocable('it names too many organisations');
  const all = new Set(own === undefined ? [] : [own]);
  for (const each of further) {
    if (!isIdentifier(each)) throw unrevocable('one of its organisations is not a usable id');
    all.add(each);
  }
  return [...all];
}

function readTimes(claims: Claims, policy: FactsPolicy): Times {
  const [exp, nbf, iat] = ['exp', 'nbf', 'iat'].map(name => read(claims, name));
  const expiresAtMs = numericDateToMs(exp, 'exp');
  const notBeforeMs = nbf === undefined ? undefined : numericDateToMs(nbf, 'nbf');
  if (iat === undefined && policy.unsafe.acceptMissingIssuedAt === true) {
    const granted = grantedAtMs(read(claims, policy.claims.grantedAtMs), -Infinity);
    return { issuedAtMs: -Infinity, grantedAtMs: granted, judgedFromMs: -Infinity, expiresAtMs, notBeforeMs };
  }
  const exactMs = issuedAtMs(iat, read(claims, policy.claims.issuedAtMs));
  if (expiresAtMs < exactMs) throw new InvalidTokenError('malformed', 'The token expires before it was issued.');
  // Without this bound a token could outlive its own revocation.
  if (expiresAtMs - exactMs > policy.maxLifetimeMs && policy.unsafe.acceptAnyLifetime !== true) {
    throw new InvalidTokenError('lifetime_too_long', 'The token lives longer than maxLifetime allows.');
  }
  const granted = grantedAtMs(read(claims, policy.claims.grantedAtMs), exactMs);
  const skewMs = policy.issuerSkewMs;
  const judgedFromMs = Math.min(exactMs, granted ?? exactMs) - skewMs;
  return { issuedAtMs: exactMs - skewMs, grantedAtMs: granted, judgedFromMs, expiresAtMs, notBeforeMs };
}

/** Every target that a token with these ids falls under. */
export function targetsOf(ids: TokenIds): readonly Target[] {
  const { tokenId, subject, session, grant, client, organisation, organisations } = ids;
  const targets: Target[] = [];
  if (tokenId !== undefined) targets.push({ kind: 'token', id: tokenId, ...(organisation !== undefined && { organisation }) });
  if (grant !== undefined) targets.push({ kind: 'grant', id: grant });
  if (session !== undefined) targets.push({ kind: 'session', id: session });
  const users = subject === undefined ? [] : narrowingsOf(session, client).map(narrowing => ({ id: subject, ...narrowing }));
  for (const user of users) targets.push({ kind: 'subject', ...user });
  if (client !== undefined) targets.push({ kind: 'client', id: client });
  for (const each of organisations) {
    targets.push({ kind: 'organisation', id: each });
    for (const user of users) targets.push({ kind: 'member', organisation: each, ...user });
  }
  targets.push({ kind: 'all' });
  return targets;
}

function narrowingsOf(session: string | undefined, client: string | undefined): readonly Narrowing[] {
  const narrowings: Narrowing[] = [{}];
  if (session !== undefined) narrowings.push({ sessionsOnly: true });
  if (client !== undefined) narrowings.push({ client });
  return narrowings;
}

function readId(claims: Claims, source: ClaimSource, what: string): string | undefined {
  const value = read(claims, source);
  if (value === undefined) return undefined;
  // Present but unusable is worse than absent: the token would silently escape revocations of this kind.
  if (!isIdentifier(value)) throw unrevocable(`its ${what} is not a usable id`);
  return value;
}

function read(claims: Claims, source: ClaimSource): unknown {
  if (typeof source === 'string') return Object.hasOwn(claims, source) ? claims[source] : undefined;
  try {
    return source(claims);
  } catch {
    // A mapping that trips over odd claims has met a token it cannot place: refuse the token, do not fail the request.
    throw unrevocable('the claims mapping cannot read it');
  }
}

function unrevocable(why: string): InvalidTokenError {
  return new InvalidTokenError('unrevocable', `The token could not be revoked: ${why}.`);
}
