import { InvalidTargetError } from '../errors.js';
import { keepForMs } from '../model/retention.js';
import { targetKey } from '../model/target-key.js';
import { assertTarget, describeTarget, isDeadForGood, printable, type Target } from '../model/target.js';
import type { AuditNote, RecordedRevocation, RevocationWrite } from '../stores/store.js';
import { instantMs } from './instants.js';
import type { Configuration } from './options.js';

export interface RevokeOptions {
  /** Who revokes. At most 256 characters; what is longer is cut. Goes into the audit log and the event. Default: nobody is named. */
  readonly actor?: string;
  /** Why. At most 1,024 characters. Default: no reason is given. */
  readonly reason?: string;
  /** Ties the revocation to a request. At most 256 characters. Default: none. */
  readonly requestId?: string;
  /**
   * Revoke what was issued up to this instant, milliseconds since 1970 or a Date, not in the future. Default: the store's now.
   * Not for a token, grant or session, which die for good.
   */
  readonly issuedBefore?: number | Date;
}

/** What a revocation did. Times are milliseconds since 1970, by the store's clock. */
export interface Receipt {
  readonly target: Target;
  /** Everything under the target issued at or before it is refused. Infinity for a token, grant or session. */
  readonly epoch: number;
  /**
   * First exact issue time (`iat_ms`) with which a new token under the same target is live: "change password, revoke
   * everything, answer with a fresh token" inside one request. Absent for what is dead for good.
   */
  readonly reissueFrom?: number;
  readonly recordedAt: number;
  /** Until then it is kept; no token that it refuses lives longer. */
  readonly keepUntil: number;
  /** False where the target was revoked at least as late before. */
  readonly changed: boolean;
  /** Tracked tokens that this ended. Absent without tracking, or where they could not be counted. */
  readonly count?: number;
}

/** A target to revoke, with a shorter time to keep it where its only token is known to expire sooner. */
export interface Revocable {
  readonly target: Target;
  readonly keepForMs?: number;
}

/**
 * Records revocations, all or none.
 *
 * @throws InvalidTargetError before anything is written; StoreUnavailableError when it may not have been recorded
 */
export async function recordRevocations(
  revocables: readonly Revocable[],
  options: RevokeOptions,
  config: Configuration,
): Promise<readonly Receipt[]> {
  const issuedBeforeMs = assertRevocable(revocables, options, config);
  const writes = revocables.map(revocable => toWrite(revocable, issuedBeforeMs, options, config));
  const recorded = await config.store.record(writes);
  return recorded.map((each, i) => toReceipt((revocables[i] as Revocable).target, each, config));
}

/**
 * Whether all of them can be revoked with these options. Answers the epoch, where the options give one.
 *
 * @throws InvalidTargetError
 */
export function assertRevocable(revocables: readonly Revocable[], options: RevokeOptions, config: Configuration): number | undefined {
  for (const { target } of revocables) {
    assertTarget(target);
    assertReachable(target, config);
  }
  return parseIssuedBefore(options.issuedBefore, revocables, config);
}

/** A target that no token can fall under here is a mistake: its receipt would say "revoked", and every token would live on. */
function assertReachable(target: Target, { claims, unsafe }: Configuration): void {
  if (target.kind === 'token') {
    const named = target.organisation !== undefined;
    if (named && claims.organisation === undefined) throw unreachable('A token is named by its id alone here', 'organisation');
    if (!named && claims.organisation !== undefined && unsafe.acceptMissingOrganisation !== true) {
      throw new InvalidTargetError('A token is named by its id and its organisation here: give the organisation too.');
    }
  } else if (target.kind === 'organisation' || target.kind === 'member') {
    const mapped = claims.organisation ?? claims.organisations;
    if (mapped === undefined) throw unreachable('Tokens name no organisation here', 'organisation or organisations');
  }
}

function unreachable(why: string, claim: string): InvalidTargetError {
  return new InvalidTargetError(`${why}: give createLiveTokens({ claims }) the claim for ${claim}, or leave it out of the target.`);
}

function parseIssuedBefore(
  given: number | Date | undefined,
  revocables: readonly Revocable[],
  config: Configuration,
): number | undefined {
  if (given === undefined) return undefined;
  const atMs = instantMs('issuedBefore', given);
  if (atMs > config.now()) throw new InvalidTargetError('issuedBefore lies in the future: only what was issued can be revoked.');
  if (revocables.some(({ target }) => isDeadForGood(target.kind))) {
    throw new InvalidTargetError('issuedBefore does not apply to a token, grant or session: they die for good.');
  }
  return atMs;
}

function toWrite({ target, keepForMs: ownKeepForMs }: Revocable, issuedBeforeMs: number | undefined, options: RevokeOptions, config: Configuration): RevocationWrite {
  const key = targetKey(target);
  return {
    key,
    epoch: isDeadForGood(target.kind) ? Infinity : (issuedBeforeMs ?? 'now'),
    keepForMs: ownKeepForMs ?? keepForMs(config),
    note: { key, target: describeTarget(target), ...namesOf(target), ...auditFields(options) },
  };
}

/** By what an audit log is read. Of a target in part the key does not tell whose it is. */
function namesOf(target: Target): Pick<AuditNote, 'organisation' | 'subject'> {
  switch (target.kind) {
    case 'organisation':
      return { organisation: target.id };
    case 'member':
      return { organisation: target.organisation, subject: target.id };
    case 'subject':
      return { subject: target.id };
    case 'token':
      return target.organisation === undefined ? {} : { organisation: target.organisation };
    default:
      return {};
  }
}

const AUDIT_FIELDS = { actor: 256, reason: 1024, requestId: 256 } as const;

/** Cut and not refused: a long reason must not keep a stolen token alive. */
export function auditFields(options: RevokeOptions): Pick<AuditNote, 'actor' | 'reason' | 'requestId'> {
  const fields: { actor?: string; reason?: string; requestId?: string } = {};
  for (const [name, length] of Object.entries(AUDIT_FIELDS) as [keyof typeof AUDIT_FIELDS, number][]) {
    const value = options[name];
    if (typeof value === 'string' && value !== '') fields[name] = printable(value.slice(0, length));
  }
  return fields;
}

function toReceipt(target: Target, recorded: RecordedRevocation, config: Configuration): Receipt {
  const { epochMs, keepUntilMs, recordedAtMs, changed } = recorded;
  return {
    target,
    epoch: epochMs,
    ...(epochMs !== Infinity && { reissueFrom: epochMs + config.issuerSkewMs + 1 }),
    recordedAt: recordedAtMs,
    keepUntil: keepUntilMs,
    changed,
  };
}
