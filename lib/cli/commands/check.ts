import type { Claims } from '../../model/claims.js';
import { targetKey } from '../../model/target-key.js';
import { isDeadForGood, printable } from '../../model/target.js';
import type { TokenFacts } from '../../model/token-facts.js';
import type { Fault, Verdict } from '../../policy/token-check.js';
import type { TokenUse } from '../../policy/token-use.js';
import type { AuditEntry } from '../../stores/store.js';
import { decodeJsonObject, parseCompactJws } from '../../verifier/compact-jws.js';
import { type Cause, causeOf, SEARCH_FOR_MS } from '../cause.js';
import { type Connection, untilAborted, withConnection } from '../connect.js';
import { entryDocument } from '../entries.js';
import { badUsage, EXIT, type ExitStatus } from '../exit-status.js';
import type { Declare, Run } from '../handler.js';
import { idClaims, type JudgedBy, noRevocation } from '../judged-by.js';
import { patiently } from '../patience.js';
import { readToken } from '../token-source.js';
import { reportedToken } from '../tracked-record.js';
import { ago, instant, instantOrNull, inWords, namedTarget } from '../words.js';
import { working } from '../working.js';

export const check: Declare = (program, handle) => {
  program
    .command('check')
    .description('Say whether a token is live, and if not why: which revocation refuses it, when it was made and by whom.')
    .argument('[token]', 'better in LIVETOKEN_TOKEN, on standard input ("-"), or at the prompt: a command line is seen by others')
    .action(handle(run));
};

async function run({ args: [argument], options, output, signal }: Run): Promise<ExitStatus> {
  if (options.config === undefined && options.organisationClaim === undefined) {
    throw badUsage(
      'Without --config nobody can tell here by which claim tokens name their organisation, and a revoked one could be called live. ' +
        'Add --organisation-claim <claim>; or --no-organisation-claim if tokens name none; or use --config.',
    );
  }
  const token = await untilAborted(readToken(argument, output), signal, 'Interrupted; nothing was done.');
  return withConnection({ options, output, signal }, async connection => {
    const examined = await untilAborted(examine(token, connection), signal, 'Interrupted; nothing was found out yet.');
    const cause = await whoRevoked(examined, connection, { output, signal });
    output.answer(document(examined, cause), text(examined, cause, { output, options }));
    if (!output.isJson && !examined.isVerified && examined.refusedBy === undefined) output.note(UNVERIFIED);
    return examined.verdict.live ? EXIT.done : EXIT.refused;
  });
}

const UNVERIFIED = 'The signature was not verified: there are no keys here. Anybody could have written this token. Use --config to verify it.';

interface Examined {
  readonly verdict: Verdict;
  readonly isVerified: boolean;
  /** Refused before it came to its revocation. */
  readonly refusedBy?: 'verification';
  readonly use?: TokenUse;
  readonly facts?: TokenFacts;
  /** Where nobody said how tokens look here: by what it was judged. */
  readonly judgedBy?: JudgedBy;
}

async function examine(token: string, { live, store, isConfigured }: Connection): Promise<Examined> {
  const isVerified = live.verifies;
  let claims: Claims;
  let use: TokenUse | undefined;
  try {
    if (isVerified) ({ claims, use } = await live.verify(token, { ignoreNotBefore: true }));
    else claims = decodeJsonObject(parseCompactJws(token, MAX_LENGTH).encodedPayload);
  } catch (error) {
    return { verdict: faultOf(error), isVerified, refusedBy: 'verification' };
  }
  const verdict = await patiently(() => live.check(claims, { consistency: 'strong' }));
  const facts = factsOf(live, claims);
  const known = { isVerified, ...(use !== undefined && { use }) };
  if (facts === undefined) return { ...known, verdict };
  if (isConfigured) return { ...known, verdict, facts };
  const names = idClaims(live);
  if (!verdict.live) return { ...known, verdict, facts, judgedBy: { claims: names } };
  const reported = await reportedToken(facts, store);
  const judgedBy = { claims: names, isReported: reported !== undefined };
  return { ...known, verdict: reported?.fault ?? verdict, facts: reported?.facts ?? facts, judgedBy };
}

/** `undefined` where it is not a revocation that refuses the token. */
async function whoRevoked({ verdict, facts }: Examined, { live }: Connection, { output, signal }: Pick<Run, 'output' | 'signal'>): Promise<Cause | undefined> {
  if (verdict.live || verdict.target === undefined || facts === undefined) return undefined;
  return working(causeOf({ target: verdict.target, judgedFromMs: facts.judgedFromMs }, live, signal), output, 'Refused; looking for who revoked it');
}

const MAX_LENGTH = 1_048_576;

/** By its code: a config file in CommonJS has error classes of its own. */
function faultOf(error: unknown): Fault {
  const { code, reason, message } = error as { readonly code?: unknown; readonly reason?: Fault['reason']; readonly message: string };
  if (code !== 'invalid_token' || reason === undefined) throw error;
  return { live: false, reason, message };
}

function factsOf(live: Connection['live'], claims: Claims): TokenFacts | undefined {
  try {
    return live.facts(claims);
  } catch (error) {
    faultOf(error);
    return undefined;
  }
}

function document({ verdict, isVerified, use, facts, judgedBy }: Examined, cause: Cause | undefined): Readonly<Record<string, unknown>> {
  const { live } = verdict;
  const { subject: user, client, organisation, organisations, issuedAtMs, expiresAtMs } = facts ?? {};
  return {
    ...{ live, isVerified },
    ...(!verdict.live && { reason: verdict.reason, message: verdict.message }),
    ...(!verdict.live && verdict.target !== undefined && { target: withoutOwnIds(verdict.target), key: targetKey(verdict.target) }),
    ...(cause !== undefined && (typeof cause === 'string' ? { revocationUnknown: cause } : { revocation: entryDocument(cause) })),
    ...(facts !== undefined && { token: { use, user, client, organisation, organisations, issuedAt: instantOrNull(issuedAtMs), expiresAt: instantOrNull(expiresAtMs) } }),
    ...(judgedBy !== undefined && { judgedBy }),
  };
}

/** The id of a token, session or grant was not asked for. */
function withoutOwnIds(target: NonNullable<Fault['target']>): Readonly<Record<string, unknown>> {
  const { id, ...rest } = namedTarget(target);
  return isDeadForGood(target.kind) ? rest : { ...rest, ...(id !== undefined && { id }) };
}

function text({ verdict, isVerified, use, facts, judgedBy }: Examined, cause: Cause | undefined, { output, options }: Pick<Run, 'output' | 'options'>): string {
  const head = verdict.live ? output.paint('green', 'Live.') : output.paint('red', `Refused (${verdict.reason}).`);
  return [
    `${head} ${verdict.live ? noRevocation(judgedBy, options) : verdict.message}`,
    ...(verdict.live || verdict.target === undefined ? [] : [`  revoked    ${inWords(verdict.target)}`]),
    ...(cause === undefined ? [] : causeLines(cause)),
    ...(facts === undefined ? [] : tokenLines(facts, use)),
    ...(isVerified && facts !== undefined ? ['  signature  verified'] : []),
  ].join('\n');
}

const WHY_UNKNOWN: Readonly<Record<Exclude<Cause, AuditEntry>, string>> = {
  not_in_log: 'not in the audit log any more, or written back after Redis had lost it',
  timed_out: `not found within ${SEARCH_FOR_MS / 1000} s, because the audit log is long: livetoken history looks through all of it`,
  interrupted: 'not known: the search was interrupted',
  unavailable: 'not known: the audit log cannot be read right now',
};

function causeLines(cause: Cause): readonly string[] {
  if (typeof cause === 'string') return [`  when, who  ${WHY_UNKNOWN[cause]}`];
  const { atMs, actor, reason, requestId } = cause;
  return [
    `  when       ${instant(atMs)} (${ago(atMs)})`,
    `  by         ${actor === undefined ? 'nobody said' : printable(actor)}`,
    ...(reason === undefined ? [] : [`  reason     ${printable(reason)}`]),
    ...(requestId === undefined ? [] : [`  request    ${printable(requestId)}`]),
  ];
}

function tokenLines({ subject, client, organisations, issuedAtMs, expiresAtMs }: TokenFacts, use: TokenUse | undefined): readonly string[] {
  const named = (what: string, id: string | undefined): readonly string[] => (id === undefined ? [] : [`${what} ${printable(id)}`]);
  const whose = [...named('user', subject), ...named('client', client), ...organisations.flatMap(id => named('organisation', id))];
  const issued = Number.isFinite(issuedAtMs) ? `issued ${instant(issuedAtMs)} (${ago(issuedAtMs)}), ` : '';
  return [`  token      ${whose.join(', ') || 'names nobody'}${use === undefined ? '' : ` (${use})`}`, `  times      ${issued}${expiresAtMs > Date.now() ? 'expires' : 'expired'} ${ago(expiresAtMs)}`];
}
