import { StoreUnavailableError } from '../../errors.js';
import type { TargetKind } from '../../model/target.js';
import type { TargetKey } from '../../model/target-key.js';
import type { LogEntry } from '../log.js';

/**
 * An entry of the log is one text in one field, because each further field would cost memory, and reading it more than twice the time:
 * `<letter of the kind><hash> <keepUntil> <nonce> <nonce of the entry before>`, and ` <epoch>` except for what is dead for good.
 */
const TEXT = /^([a-z])([\w-]{22}) (\d{1,16}) (\S+) (\S+)(?: (\d{1,16}))?$/;

const LETTERS: Readonly<Record<TargetKind, string>> = {
  token: 't',
  grant: 'g',
  session: 's',
  subject: 'u',
  member: 'm',
  client: 'c',
  organisation: 'o',
  all: 'a',
};

const KINDS: ReadonlyMap<string, string> = new Map(Object.entries(LETTERS).map(([kind, letter]) => [letter, kind]));

/** What stands for a target in the log. The script takes its field in a bucket from the end of this. */
export function logName(key: TargetKey): string {
  const [kind = '', hash = ''] = key.split(':');
  return LETTERS[kind as TargetKind] + hash;
}

/** Rejects what the script cannot have written. */
export function readLogText(id: string, text: string): LogEntry {
  const match = TEXT.exec(text);
  const kind = KINDS.get(match?.[1] ?? '');
  if (match === null || kind === undefined) throw new StoreUnavailableError('The log holds an entry that cannot be read.');
  const [, , hash, keepUntil, nonce, previous, epoch] = match as unknown as [string, string, string, string, string, string, string?];
  const epochMs = epoch === undefined ? Infinity : Number(epoch);
  return { id, key: `${kind}:${hash}` as TargetKey, epochMs, keepUntilMs: Number(keepUntil), nonce, previous };
}
