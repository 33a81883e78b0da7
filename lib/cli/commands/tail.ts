import { setTimeout as sleep } from 'node:timers/promises';
import { isUnavailable } from '../../errors.js';
import type { LiveTokens } from '../../live-tokens.js';
import type { AuditEntry, Page } from '../../stores/store.js';
import { withConnection } from '../connect.js';
import { entryDocument, entryLine } from '../entries.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import type { Declare, Run } from '../handler.js';
import { parseOptionalInstant } from '../instants.js';
import type { Output } from '../output.js';
import { patiently } from '../patience.js';

export const tail: Declare = (program, handle) => {
  program
    .command('tail')
    .description('Show what is revoked as it is revoked, until Ctrl-C. With --json a document a line.')
    .option('--since <when>', 'begin with what was revoked from then on: 2h ago, or 2026-01-31T08:30:00Z')
    .action(handle(run));
};

/** How long after the last answer it is asked again. */
const PAUSE_MS = 250;

const PAGE = 500;

async function run({ options, output, signal }: Run<{ readonly since?: string }>): Promise<ExitStatus> {
  const since = parseOptionalInstant('--since', options.since);
  return withConnection({ options, output, signal }, async ({ live }) => {
    const from = since === undefined ? await newest(live) : undefined;
    output.note(`Following ${since === undefined ? 'what is revoked from now on' : 'the audit log'}; Ctrl-C ends it.`);
    await follow(live, { from, since, output, signal });
    return EXIT.done;
  });
}

/** Its id is where to go on from. */
async function newest(live: LiveTokens): Promise<string | undefined> {
  return (await patiently(() => live.history({ limit: 1 }))).items[0]?.id;
}

interface Following {
  readonly from: string | undefined;
  readonly since: number | undefined;
  readonly output: Output;
  readonly signal: AbortSignal;
}

/** By the position of the last entry seen: what is revoked while Redis is away or between two questions is not missed. */
async function follow(live: LiveTokens, { from, since, output, signal }: Following): Promise<void> {
  let cursor = from;
  let isAway = false;
  while (!signal.aborted) {
    const page = await read(live, { cursor, since });
    if (page === undefined ? !isAway : isAway) output.note(page === undefined ? 'Redis does not answer; trying again until it does.' : 'Redis answers again.');
    isAway = page === undefined;
    for (const entry of page?.items ?? []) output.item(entryDocument(entry), entryLine(entry, output));
    cursor = page?.cursor ?? page?.items.at(-1)?.id ?? cursor;
    if (page?.cursor === undefined) await pause(signal);
  }
}

/** `undefined` while nobody can tell. */
async function read(live: LiveTokens, { cursor, since }: { readonly cursor: string | undefined; readonly since: number | undefined }): Promise<Page<AuditEntry> | undefined> {
  try {
    return await live.history({ order: 'oldest', limit: PAGE, ...(cursor !== undefined && { cursor }), ...(since !== undefined && { since }) });
  } catch (error) {
    if (isUnavailable(error)) return undefined;
    throw error;
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await sleep(PAUSE_MS, undefined, { signal });
  } catch (error) {
    // Ctrl-C: whoever waits looks at the signal next.
    if (!signal.aborted) throw error;
  }
}
