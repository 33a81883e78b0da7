import { InvalidTargetError } from '../errors.js';
import { isPlainObject } from './claims.js';
import { isIdentifier, MAX_IDENTIFIER_BYTES } from './identifier.js';

/**
 * What can be revoked. Every id is 1 to 256 bytes of well-formed Unicode.
 *
 * - `token`: one token, by its `jti` inside its organisation (so that nobody can reach another organisation's token by its id)
 * - `grant`: an authorisation, shared by a refresh token and the access tokens it spawned
 * - `session`: all that carries this `sid`
 * - `subject`: a user everywhere; narrowed to what carries a session, or to one client
 * - `member`: a user inside one organisation, narrowed in the same ways
 * - `client`: an OAuth client
 * - `organisation`: all tokens that name it (issued for it, by it, or below it)
 * - `all`: everything
 */
export type Target =
  | { readonly kind: 'token'; readonly id: string; readonly organisation?: string }
  | { readonly kind: 'grant'; readonly id: string }
  | { readonly kind: 'session'; readonly id: string }
  | ({ readonly kind: 'subject'; readonly id: string } & Narrowing)
  | ({ readonly kind: 'member'; readonly id: string; readonly organisation: string } & Narrowing)
  | { readonly kind: 'client'; readonly id: string }
  | { readonly kind: 'organisation'; readonly id: string }
  | { readonly kind: 'all' };

/** Of a user's tokens only those with a session, or only those of one client. */
export type Narrowing =
  | { readonly sessionsOnly?: never; readonly client?: never }
  | { readonly sessionsOnly: true; readonly client?: never }
  | { readonly sessionsOnly?: never; readonly client: string };

export type TargetKind = Target['kind'];

/** The names a target is made of, in the order in which they are encoded. */
const NAMES = ['id', 'organisation', 'client'] as const;

const ALLOWED: Readonly<Record<TargetKind, readonly string[]>> = {
  token: ['id', 'organisation'],
  grant: ['id'],
  session: ['id'],
  subject: ['id', 'client', 'sessionsOnly'],
  member: ['id', 'organisation', 'client', 'sessionsOnly'],
  client: ['id'],
  organisation: ['id'],
  all: [],
};

/** Token, grant and session are dead for good once revoked: their ids are never used again. The others have an epoch. */
export function isDeadForGood(kind: TargetKind): boolean {
  return kind === 'token' || kind === 'grant' || kind === 'session';
}

/** Throws InvalidTargetError unless `value` is a target, whatever its static type promised: ids come from URLs. */
export function assertTarget(value: Target): void {
  // Plain, so that no field is inherited; a string and not what reads like one, so that every comparison of kinds agrees.
  const fields: unknown = value;
  if (!isPlainObject(fields)) throw new InvalidTargetError('A target is a plain object.');
  if (typeof fields['kind'] !== 'string' || !Object.hasOwn(ALLOWED, fields['kind'])) {
    throw new InvalidTargetError('A target needs a known kind.');
  }
  const allowed = ALLOWED[value.kind];
  for (const name of Object.keys(fields)) {
    if (name !== 'kind' && fields[name] !== undefined && !allowed.includes(name)) {
      throw new InvalidTargetError(`A target of kind ${value.kind} takes ${allowed.join(', ') || 'no'} fields only.`);
    }
  }
  assertNames(value.kind, fields);
  assertNarrowing(fields);
}

function assertNames(kind: TargetKind, fields: Readonly<Record<string, unknown>>): void {
  for (const name of NAMES) {
    const required = (name === 'id' && kind !== 'all') || (name === 'organisation' && kind === 'member');
    if (fields[name] === undefined && !required) continue;
    if (!isIdentifier(fields[name])) {
      throw new InvalidTargetError(`The ${name} of a ${kind} must be a well-formed string of 1 to ${MAX_IDENTIFIER_BYTES} bytes.`);
    }
  }
}

function assertNarrowing(fields: Readonly<Record<string, unknown>>): void {
  const { sessionsOnly, client } = fields;
  if (sessionsOnly !== undefined && sessionsOnly !== true) throw new InvalidTargetError('sessionsOnly is either true or left out.');
  if (sessionsOnly === true && client !== undefined) throw new InvalidTargetError('Narrow to sessionsOnly or to a client, not to both.');
}

/**
 * A target in words, for audit and events. Ids of tokens, grants and sessions are left out: whoever reads logs must not learn
 * what could be presented or guessed. The target's key tells them apart.
 */
export function describeTarget(target: Target): string {
  if (target.kind === 'all') return 'all tokens';
  const { organisation, client, sessionsOnly } = target as Readonly<Record<string, string | undefined>>;
  const within = organisation === undefined ? '' : ` in organisation ${printable(organisation)}`;
  if (isDeadForGood(target.kind)) return `a ${target.kind}${within}`;
  const narrowed = sessionsOnly ? ', sessions only' : '';
  const only = client === undefined ? '' : `, client ${printable(client)} only`;
  return `${target.kind} ${printable(target.id)}${within}${narrowed}${only}`;
}

/** Ids and headers come from outside, and a line break in one would forge a line of a log. */
export function printable(id: string): string {
  return id.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '?');
}
