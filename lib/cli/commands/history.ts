import type { HistoryQuery } from '../../policy/history.js';
import { withConnection } from '../connect.js';
import { entryDocument, entryLine } from '../entries.js';
import { badUsage, EXIT, type ExitStatus } from '../exit-status.js';
import type { Declare, Run } from '../handler.js';
import { parseOptionalInstant } from '../instants.js';
import { collect, parseLimit } from '../pages.js';
import { addTargetOptions, TARGETS_HELP, targetOf, type TargetOptions } from '../target-arguments.js';

interface HistoryOptions extends TargetOptions {
  readonly actor?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
  readonly cursor?: string;
  readonly oldestFirst?: true;
}

export const history: Declare = (program, handle) => {
  addTargetOptions(program.command('history'))
    .description('Who revoked what, when and why, newest first, for as long as the application keeps its audit log.')
    .argument('[kind]', 'only this very target: user, member, organisation, client, session, grant, token or all')
    .argument('[id]', 'of the user, organisation, session...')
    .option('--actor <name>', 'only what this actor revoked')
    .option('--since <when>', 'from then on: 2h ago, or 2026-01-31T08:30:00Z')
    .option('--until <when>', 'before then')
    .option('--limit <number>', 'most entries to show', '50')
    .option('--cursor <text>', 'go on where the answer before ended')
    .option('--oldest-first', 'oldest first')
    .addHelpText('after', `${TARGETS_HELP}\n\nWithout a target, --organisation <id> shows what was revoked of this organisation.`)
    .action(handle(run));
};

async function run({ args, options, output, signal }: Run<HistoryOptions>): Promise<ExitStatus> {
  const query = queryOf(args, options);
  const limit = parseLimit(options.limit);
  return withConnection({ options, output, signal }, async ({ live }) => {
    const ask = (page: { readonly limit: number; readonly cursor?: string }): ReturnType<typeof live.history> => live.history({ ...query, ...page });
    const { items, cursor } = await collect({ ask, limit, cursor: options.cursor, signal, output, what: 'entries' });
    if (output.isJson || items.length > 0) {
      output.answer({ entries: items.map(entryDocument), ...(cursor !== undefined && { cursor }) }, items.map(entry => entryLine(entry, output)).join('\n'));
    }
    if (output.isJson) return EXIT.done;
    if (items.length === 0) output.note('Nothing of that is in the audit log.');
    if (cursor !== undefined) output.note(`There may be more: raise --limit, or go on with --cursor ${cursor}`);
    return EXIT.done;
  });
}

function queryOf([kind, id]: readonly string[], options: HistoryOptions): HistoryQuery {
  const { actor, organisation, client, sessionsOnly, oldestFirst } = options;
  const [since, until] = [parseOptionalInstant('--since', options.since), parseOptionalInstant('--until', options.until)];
  if (kind === undefined && (client !== undefined || sessionsOnly === true)) throw badUsage('--client and --sessions-only narrow a user or a member: name one.');
  return {
    ...(kind === undefined ? organisation !== undefined && { organisation } : { target: targetOf(kind, id, options) }),
    ...(actor !== undefined && { actor }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    order: oldestFirst === true ? 'oldest' : 'newest',
  };
}
