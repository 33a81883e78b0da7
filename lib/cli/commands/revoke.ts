import { userInfo } from 'node:os';
import { isUnavailable } from '../../errors.js';
import { targetKey } from '../../model/target-key.js';
import { isDeadForGood, printable, type Target } from '../../model/target.js';
import type { ClaimsMapping } from '../../model/token-facts.js';
import type { Preview, PreviewGroup } from '../../policy/preview.js';
import type { Receipt } from '../../policy/revocation-request.js';
import { type Connection, untilAborted, withConnection } from '../connect.js';
import { badUsage, EXIT, interrupted, type ExitStatus } from '../exit-status.js';
import type { Declare, Run } from '../handler.js';
import { parseOptionalInstant } from '../instants.js';
import { isInteractive } from '../output.js';
import { patiently } from '../patience.js';
import { prompt } from '../prompt.js';
import { addTargetOptions, TARGETS_HELP, targetOf, type TargetOptions } from '../target-arguments.js';
import { count, instant, instantOrNull, inWords, namedTarget, NOTHING_TRACKED } from '../words.js';
import { working } from '../working.js';

interface RevokeOptions extends TargetOptions {
  readonly reason?: string;
  readonly actor?: string;
  readonly issuedBefore?: string;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly newNamespace?: true;
}

export const revoke: Declare = (program, handle) => {
  addTargetOptions(program.command('revoke'))
    .description('Revoke a target: every token under it is refused from then on, by every instance.')
    .argument('<kind>', 'user, member, organisation, client, session, grant, token or all')
    .argument('[id]', 'of the user, organisation, session...')
    .option('--reason <text>', 'why, for the audit log')
    .option('--actor <name>', 'who revokes, for the audit log (default: the user of this system)')
    .option('--issued-before <when>', 'only what was issued up to then: 2h ago, or 2026-01-31T08:30:00Z')
    .option('--dry-run', 'only say what it would end; nothing is written')
    .option('--yes', 'do not ask: needed for an organisation, a client and "all" where nobody can be asked')
    .option('--new-namespace', 'without --config: revoke in a namespace in which nobody has recorded anything yet')
    .addHelpText('after', TARGETS_HELP)
    .action(handle(run));
};

/** One mistyped word more, and a whole company signs in again. */
const WIDE: ReadonlySet<Target['kind']> = new Set(['organisation', 'client', 'all']);

async function run({ args: [kind = '', id], options, output, signal }: Run<RevokeOptions>): Promise<ExitStatus> {
  const target = targetOf(kind, id, options);
  const issuedBefore = parseOptionalInstant('--issued-before', options.issuedBefore);
  const when = issuedBefore === undefined ? {} : { issuedBefore };
  const mustAsk = WIDE.has(target.kind) && options.yes !== true && options.dryRun !== true;
  if (mustAsk && !isInteractive()) {
    throw badUsage(`This revokes ${inWords(target)}, and there is no terminal to ask whether that is meant. Add --yes; --dry-run says what it would end.`);
  }
  const wants = { options, output, signal, writes: options.dryRun !== true, claims: claimsFor(target, options) };
  return withConnection(wants, async connection => {
    await assertNamed(target, options, connection);
    const asked = { connection, target, when, output, signal, isTracked: await isTracking(connection) };
    if (options.dryRun === true) return tellPreview(await preview(asked), asked);
    if (mustAsk) await confirm(asked);
    const by = { actor: options.actor ?? systemUser(), ...(options.reason !== undefined && { reason: options.reason }) };
    const receipt = await untilAborted(
      working(revokeOnce(connection, target, { ...when, ...by }), output, 'Revoking'),
      signal,
      `Interrupted after the revocation was sent. It was probably recorded; to be sure, ${howToRepeat(target, issuedBefore)}`,
    );
    return tellReceipt(receipt, asked);
  });
}

/** Of what is dead for good a repeat is the same; of anything else it is a later one, unless the instant is given. */
function howToRepeat({ kind }: Target, issuedBefore: number | undefined): string {
  if (isDeadForGood(kind)) return 'repeat it: that changes nothing.';
  if (issuedBefore !== undefined) return `repeat it with --issued-before ${instant(issuedBefore)}: that changes nothing.`;
  return 'repeat it. That also ends what was issued in between: whoever has signed in again meanwhile does so once more.';
}

/** Where it had to be sent twice, the first time may have ended tokens that are not counted any more. */
async function revokeOnce({ live }: Connection, target: Target, options: Parameters<typeof live.revoke>[1]): Promise<Receipt> {
  return patiently(async attempt => {
    const { count: ended, ...receipt } = await live.revoke(target, options);
    return attempt > 1 || ended === undefined ? receipt : { ...receipt, count: ended };
  });
}

interface Asked extends Pick<Run, 'output' | 'signal'> {
  readonly connection: Connection;
  readonly target: Target;
  readonly when: { readonly issuedBefore?: number };
  readonly isTracked: boolean;
}

/** In place of a claim that names the organisation: that there is one matters here, and no token is read, so its name does not. */
const SOME_CLAIM = 'any claim, never read';

/** Without a config file. That the target names an organisation says that tokens name one. */
function claimsFor(target: Target, { organisationClaim, config }: Run<RevokeOptions>['options']): Partial<ClaimsMapping> {
  const namesOne = target.kind === 'organisation' || target.kind === 'member' || (target.kind === 'token' && target.organisation !== undefined);
  if (config !== undefined || !namesOne) return {};
  if (organisationClaim === false) throw badUsage('The target names an organisation, and --no-organisation-claim says that tokens name none.');
  return { organisation: organisationClaim ?? SOME_CLAIM };
}

/** A token is named with its organisation where it has one. Left out by mistake, the revocation would be of a token that nobody has. */
async function assertNamed(target: Target, { organisationClaim }: Run<RevokeOptions>['options'], { live, isConfigured }: Connection): Promise<void> {
  if (isConfigured || target.kind !== 'token' || target.organisation !== undefined || organisationClaim !== undefined) return;
  if ((await patiently(() => live.find(target.id))) !== undefined) return;
  throw badUsage(
    'Where tokens name an organisation, a token is found by its id and its organisation together, and here that is not known. ' +
      'Add --organisation <id>; or --no-organisation-claim if tokens name none; or use --config.',
  );
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch (error) {
    // A container may run under a number that has no name.
    if (error instanceof Error && 'code' in error) return `uid ${process.getuid?.() ?? '?'}`;
    throw error;
  }
}

/** Where nothing is tracked, "0 tokens" would say that nobody has any. */
async function isTracking({ live, store }: Connection): Promise<boolean> {
  return live.tracks && (await patiently(() => store.active(targetKey({ kind: 'all' }), { limit: 1 }))).items.length > 0;
}

async function preview({ connection: { live }, target, when, output, signal }: Asked): Promise<Preview> {
  if (!live.tracks) throw badUsage('What would be ended is only known where the application reports its tokens: tracking: true. The config file has it off.');
  return untilAborted(working(patiently(() => live.preview(target, when)), output, 'Counting'), signal, 'Interrupted; nothing was revoked.');
}

async function confirm(asked: Asked): Promise<void> {
  const { target, output, signal, isTracked } = asked;
  const ended = isTracked ? await counted(asked) : '';
  output.note(`This revokes ${inWords(target)}${ended}. It cannot be undone.`);
  const wanted = target.kind === 'all' ? 'all' : (target as { readonly id: string }).id;
  const typed = await untilAborted(prompt(`To go on, type ${printable(wanted)}: `), signal, 'Interrupted; nothing was revoked.');
  if (typed.trim() !== wanted) throw interrupted('That is something else. Nothing was revoked.');
}

/** A Redis that may not be trusted for what is revoked does not count either; it can be written to all the same. */
async function counted(asked: Asked): Promise<string> {
  try {
    return `, which ends ${count((await preview(asked)).count, 'tracked token')}`;
  } catch (error) {
    if (isUnavailable(error)) return ', and how many tokens that ends cannot be told right now';
    throw error;
  }
}

function tellPreview(found: Preview, { output, isTracked }: Asked): ExitStatus {
  const { target, organisations, subjects: users, clients, rest: { organisations: ofOrganisations, subjects: ofUsers, clients: ofClients } } = found;
  const rest = { organisations: ofOrganisations, users: ofUsers, clients: ofClients };
  const groups = [
    ...groupLines('by user', users, rest.users),
    ...groupLines('by client', clients, rest.clients),
    ...groupLines('by organisation', organisations, rest.organisations),
  ];
  output.answer(
    { dryRun: true, target: namedTarget(target), isTracked, count: found.count, organisations, users, clients, rest },
    [`Revoking ${inWords(target)} would end ${count(found.count, 'tracked token')}. Nothing was written.`, ...groups].join('\n'),
  );
  if (!isTracked && !output.isJson) output.note(NOTHING_TRACKED);
  return EXIT.done;
}

function groupLines(title: string, groups: readonly PreviewGroup[], rest: number): readonly string[] {
  const SHOWN = 10;
  const others = groups.slice(SHOWN).reduce((sum, { count: number }) => sum + number, rest);
  const lines = groups.slice(0, SHOWN).map(({ id, count: number }) => `  ${String(number).padStart(8)}  ${id === undefined ? '(none named)' : printable(id)}`);
  return groups.length === 0 ? [] : [`${title}:`, ...lines, ...(others > 0 ? [`  ${String(others).padStart(8)}  (others)`] : [])];
}

function tellReceipt({ target, epoch, reissueFrom, recordedAt, keepUntil, changed, count: ended }: Receipt, { output, isTracked }: Asked): ExitStatus {
  const what = Number.isFinite(epoch) ? `every token issued at or before ${instant(epoch)} is refused` : 'it is refused for good';
  const how = changed ? `Revoked ${inWords(target)}` : `Nothing changed, because ${inWords(target)} was revoked at least as late before`;
  const document = {
    ...{ target: namedTarget(target), epoch: instantOrNull(epoch), reissueFrom: instantOrNull(reissueFrom) },
    ...{ recordedAt: instant(recordedAt), keepUntil: instant(keepUntil), changed },
    ...(isTracked && ended !== undefined && { count: ended }),
  };
  output.answer(document, `${output.paint('green', how)}: ${what}.${isTracked && ended !== undefined ? ` This ended ${count(ended, 'tracked token')}.` : ''}`);
  return EXIT.done;
}
