import { isUnavailable } from '../errors.js';
import type { LiveTokens } from '../live-tokens.js';
import { isDeadForGood, type Target } from '../model/target.js';
import type { AuditEntry } from '../stores/store.js';
import { untilAborted } from './connect.js';
import { patiently } from './patience.js';

/** How long the audit log is looked through for who revoked a token: that it is refused is known by then. */
export const SEARCH_FOR_MS = 5000;

/**
 * Who revoked a token, or why that is not known.
 *
 * - `not_in_log`: all that may hold it was read
 * - `timed_out`: the log is longer than what can be read in that time
 * - `interrupted`: Ctrl-C
 * - `unavailable`: the log cannot be read right now
 */
export type Cause = AuditEntry | Unknown;

type Unknown = 'not_in_log' | 'timed_out' | 'interrupted' | 'unavailable';

export interface Refused {
  /** Whose revocation refuses the token. */
  readonly target: Target;
  /** What epochs are compared with. */
  readonly judgedFromMs: number;
}

/** Never keeps its caller waiting for long, and never fails for want of an answer. */
export async function causeOf(refused: Refused, live: LiveTokens, signal: AbortSignal): Promise<Cause> {
  const time = AbortSignal.timeout(SEARCH_FOR_MS);
  const over = AbortSignal.any([time, signal]);
  try {
    return await untilAborted(search(refused, live, over), over, 'The search ended.');
  } catch (error) {
    if (signal.aborted) return 'interrupted';
    if (time.aborted) return 'timed_out';
    if (isUnavailable(error)) return 'unavailable';
    throw error;
  }
}

/** The clocks of those who revoke may be this far ahead of the store's. */
const AHEAD_MS = 60_000;

/**
 * The first revocation of the target that the token was already refused for. Of what is dead for good there is one, which may be older
 * than the token; any other one was recorded after the token was issued.
 */
async function search({ target, judgedFromMs }: Refused, live: LiveTokens, over: AbortSignal): Promise<Cause> {
  const since = isDeadForGood(target.kind) ? 0 : Math.max(0, judgedFromMs - AHEAD_MS);
  const order = isDeadForGood(target.kind) ? 'newest' : 'oldest';
  let cursor: string | undefined;
  do {
    const from = cursor;
    const page = await patiently(() => live.history({ target, since, order, ...(from !== undefined && { cursor: from }) }));
    const cause = page.items.find(({ epochMs }) => epochMs >= judgedFromMs);
    if (cause !== undefined) return cause;
    cursor = page.cursor;
  } while (cursor !== undefined && !over.aborted);
  return 'not_in_log';
}
