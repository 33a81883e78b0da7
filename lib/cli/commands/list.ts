import type { IssuedToken } from '../../policy/tracker.js';
import type { Page } from '../../stores/store.js';
import { withConnection } from '../connect.js';
import { badUsage, EXIT, type ExitStatus } from '../exit-status.js';
import type { Declare, Run } from '../handler.js';
import { table } from '../output.js';
import { collect, parseLimit } from '../pages.js';
import { patiently } from '../patience.js';
import { addTargetOptions, TARGETS_HELP, targetOf, type TargetOptions } from '../target-arguments.js';
import { ago, count, instant, instantOrNull, namedTarget, NOTHING_TRACKED } from '../words.js';

interface ListOptions extends TargetOptions {
  readonly limit?: string;
  readonly cursor?: string;
  readonly ids?: true;
  readonly details?: true;
}

export const list: Declare = (program, handle) => {
  addTargetOptions(program.command('list'))
    .description('List the live tokens under a target, soonest to expire first. Knows those that the application reports (tracking).')
    .argument('<kind>', 'user, member, organisation, client, session, grant or all')
    .argument('[id]', 'of the user, organisation, session...')
    .option('--limit <number>', 'most tokens to list', '100')
    .option('--cursor <text>', 'go on where the list before ended')
    .option('--ids', 'show the ids of tokens, sessions and grants too')
    .option('--details', 'with --json: show what the application noted of each token')
    .addHelpText('after', TARGETS_HELP)
    .action(handle(run));
};

async function run({ args: [kind = '', id], options, output, signal }: Run<ListOptions>): Promise<ExitStatus> {
  const target = targetOf(kind, id, options);
  if (target.kind === 'token') throw badUsage('A token is not listed: name its user, session, grant, client or organisation.');
  const limit = parseLimit(options.limit);
  return withConnection({ options, output, signal }, async ({ live }) => {
    if (!live.tracks) throw badUsage('The config file makes LiveTokens without tracking, so there are no tokens to list. It is switched on with tracking: true.');
    const page = await collect({ ask: each => live.list(target, each), limit, cursor: options.cursor, signal, output, what: 'tokens' });
    output.answer(
      { target: namedTarget(target), tokens: page.items.map(token => document(token, options)), ...(page.cursor !== undefined && { cursor: page.cursor }) },
      text(page, options),
    );
    if (output.isJson) return EXIT.done;
    output.note(page.cursor === undefined ? `${count(page.items.length, 'live token')}.` : `There are more: raise --limit, or go on with --cursor ${page.cursor}`);
    if (page.items.length === 0 && (await patiently(() => live.list({ kind: 'all' }, { limit: 1 }))).items.length === 0) output.note(NOTHING_TRACKED);
    return EXIT.done;
  });
}

function document({ tokenId, session, grant, details, ...token }: IssuedToken, { ids, details: wantsDetails }: ListOptions): Readonly<Record<string, unknown>> {
  return {
    ...token,
    issuedAt: instantOrNull(token.issuedAt),
    expiresAt: instantOrNull(token.expiresAt),
    ...(ids === true && { tokenId, session, grant }),
    ...(wantsDetails === true && { details }),
  };
}

function text({ items }: Page<IssuedToken>, { ids }: ListOptions): string {
  const head = ['USER', 'CLIENT', 'ORGANISATION', 'ISSUED', 'EXPIRES', 'SCOPE', ...(ids === true ? ['TOKEN', 'SESSION', 'GRANT'] : [])];
  const rows = items.map(({ subject, client, organisation, organisations, issuedAt, expiresAt, scope, tokenId, session, grant }) => [
    ...[subject, client, organisation ?? organisations[0], issuedAt === undefined ? '' : instant(issuedAt), ago(expiresAt), scope],
    ...(ids === true ? [tokenId, session, grant] : []),
  ]);
  return table(head, rows);
}
