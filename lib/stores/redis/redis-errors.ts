import { InvalidTargetError, LivetokenError, StoreUnavailableError } from '../../errors.js';

/**
 * An ioredis error carries the command's arguments, so it is never passed on: what goes up is a message made here, with the
 * first word of Redis's own (LOADING, READONLY, OOM, WRONGTYPE...) or the system's code (ECONNREFUSED).
 */
export function storeError(error: unknown, address: string): LivetokenError {
  if (error instanceof LivetokenError) return error;
  if (messageOf(error).startsWith('LIVETOKEN epoch')) return new InvalidTargetError('An epoch cannot lie in the future.');
  if (messageOf(error).includes('NOREPLICAS')) {
    return new StoreUnavailableError(
      `${address} takes no writes (NOREPLICAS): fewer replicas follow it than its min-replicas-to-write says. Bring one back, and repeat what was refused.`,
    );
  }
  if (SENT_ELSEWHERE.test(messageOf(error))) {
    return new StoreUnavailableError(
      `${address} sends commands from node to node: the slot of the namespace is being moved (CLUSTER NODES shows it), or a node was replaced just now. Repeat what was refused.`,
    );
  }
  return new StoreUnavailableError(`${address} cannot answer (${summary(error)}).`);
}

/** While keys change their node. ioredis goes where it is sent a few times. */
const SENT_ELSEWHERE = /^(?:Too many Cluster redirections|TRYAGAIN |ASK |MOVED )/;

/** What ioredis says without a code: of a connection, of one that broke while a command was under way, of a cluster. */
const NOT_CONNECTED = /isn't (writeable|ready)|Connection is closed|max retries per request|Cluster is ended|startup nodes|slots cache/;
const OWN_WORDS = /^LIVETOKEN ([a-z ]+)/;
const KNOWN_WORD = /^([A-Z]{3,20})\b/;

export function summary(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  if (typeof code === 'string') return code;
  const message = messageOf(error);
  if (message.startsWith('All sentinels are unreachable')) {
    return message.includes('Last error') ? 'no Sentinel answers' : 'the Sentinels know no primary of that name';
  }
  if (/timed out|timeout/.test(message)) return 'timed out';
  if (isForbidden(error)) return 'NOPERM';
  if (NOT_CONNECTED.test(message)) return 'not connected';
  return OWN_WORDS.exec(message)?.[1] ?? KNOWN_WORD.exec(message)?.[1] ?? 'unexpected reply';
}

/** What Redis says to whoever lacks a right; inside a script its versions word it differently. */
export function isForbidden(error: unknown): boolean {
  return /^NOPERM|permissions? to|executing the script can't/i.test(messageOf(error));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}
