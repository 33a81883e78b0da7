import { randomBytes } from 'node:crypto';
import type { OnceKey } from '../../model/once-key.js';
import type { KnownRevocation } from '../replica/archive.js';
import { forgettingMs } from '../replica/forgetting-clock.js';
import { KEEP_SLACK_MS, MAX_EPOCH_AHEAD_MS, MAX_MS, type RecordedRevocation, type RevocationWrite, type Use } from '../store.js';
import type { AcknowledgedWrites } from './acknowledged.js';
import type { RedisClient } from './connections.js';
import type { RedisKeys } from './keys.js';
import { logName } from './log-text.js';
import { MENDED_SCRIPT, NOTE_LOSS_SCRIPT, NOTE_TORN_SCRIPT, SETTLE_LOSS_SCRIPT } from './loss-scripts.js';
import { TAKE_BACK_SCRIPT, USE_ONCE_SCRIPT } from './once-script.js';
import { RECORD_SCRIPT } from './record-script.js';
import { isForbidden } from './redis-errors.js';
import { readRecorded, readUse, type UseReply } from './replies.js';

/** What `defineCommand` adds to a connection. The first argument is the number of keys. */
interface Scripts {
  livetokenRecord(...args: (string | number)[]): Promise<string[]>;
  livetokenUseOnce(...args: (string | number)[]): Promise<UseReply>;
}

/** A revocation as the script takes it: `note` is JSON, or empty. */
type ScriptWrite = Omit<RevocationWrite, 'note'> & { readonly note: string };

export interface WriteOptions {
  readonly keys: RedisKeys;
  readonly auditRetentionMs: number;
  /** Called with the incarnation of the data in which something was recorded. */
  recordedIn(incarnation: string): void;
}

/**
 * Writes revocations, and what is to be known of them, to Redis. Where replicas have to acknowledge, through these.
 *
 * @throws whatever ioredis rejects with, or StoreUnavailableError where too few replicas acknowledged (rejects)
 */
export class RevocationWrites {
  readonly #connection: RedisClient & Scripts;
  readonly #acknowledged: AcknowledgedWrites | undefined;
  readonly #options: WriteOptions;
  /** How long at most anything is kept, as far as it was told. */
  logRetentionMs = 0;

  constructor(connection: RedisClient, acknowledged: AcknowledgedWrites | undefined, options: WriteOptions) {
    this.#connection = connection as RedisClient & Scripts;
    this.#connection.defineCommand('livetokenRecord', { lua: RECORD_SCRIPT });
    this.#connection.defineCommand('livetokenUseOnce', { lua: USE_ONCE_SCRIPT });
    this.#acknowledged = acknowledged;
    this.#options = options;
  }

  async record(writes: readonly RevocationWrite[]): Promise<readonly RecordedRevocation[]> {
    const noted = writes.map(write => ({ ...write, note: JSON.stringify(write.note) }));
    const { incarnation, revocations } = readRecorded(await this.#write(noted, { aheadMs: MAX_EPOCH_AHEAD_MS, isRestoring: false }));
    this.#options.recordedIn(incarnation);
    return revocations;
  }

  /** False where this process may not write. */
  restore(revocations: readonly KnownRevocation[]): Promise<boolean> {
    // A clock that was put ahead since they were learned of must not take any of their time.
    const nowMs = Math.floor(forgettingMs());
    const writes = revocations.map(({ key, epochMs: epoch, keepUntilMs }) => ({ key, epoch, keepForMs: Math.max(1, keepUntilMs - nowMs), note: '' }));
    // The clock of a new primary may be far behind, and an epoch that the old one gave lie in its future.
    return isAllowed(this.#write(writes, { aheadMs: MAX_MS, isRestoring: true }));
  }

  async useOnce(key: OnceKey, keepForMs: number): Promise<Use> {
    const [used, name] = [this.#options.keys.used(key), nonce(9)];
    const args = [1, used, keepForMs, name];
    // Whoever is told to repeat a use would be taken for a thief, were the first attempt to stand.
    const takeBack = { lua: TAKE_BACK_SCRIPT, args: [1, used, name] };
    const reply = this.#acknowledged?.run<UseReply>({ lua: USE_ONCE_SCRIPT, args }, takeBack) ?? this.#connection.livetokenUseOnce(...args);
    return readUse(await reply);
  }

  /** Data of this incarnation was lost. */
  async noteLoss(incarnation: string): Promise<void> {
    await this.#connection.eval(NOTE_LOSS_SCRIPT, 1, this.#options.keys.state, incarnation);
  }

  async settleLoss(incarnations: readonly string[]): Promise<void> {
    await this.#connection.eval(SETTLE_LOSS_SCRIPT, 1, this.#options.keys.state, ...incarnations);
  }

  /** The log lacks entries; it has all of them again. */
  async noteTorn(): Promise<void> {
    await this.#connection.eval(NOTE_TORN_SCRIPT, 2, this.#options.keys.log, this.#options.keys.state);
  }

  /** False where this process may not write. */
  noteMended(torn: string): Promise<boolean> {
    return isAllowed(this.#connection.eval(MENDED_SCRIPT, 2, this.#options.keys.log, this.#options.keys.state, torn));
  }

  #write(writes: readonly ScriptWrite[], { aheadMs, isRestoring }: { readonly aheadMs: number; readonly isRestoring: boolean }): Promise<string[]> {
    const { keys: names, auditRetentionMs } = this.#options;
    const keys = [names.log, names.audit, names.state, ...writes.map(write => names.bucket(write.key))];
    const args = [
      ...[keys.length, ...keys],
      ...[nonce(16), nonce(6), this.logRetentionMs, auditRetentionMs, aheadMs, KEEP_SLACK_MS, isRestoring ? 1 : 0],
      ...writes.flatMap(({ key, epoch, keepForMs, note }) => [logName(key), epoch === Infinity ? '*' : epoch, keepForMs, note]),
    ];
    return this.#acknowledged?.run<string[]>({ lua: RECORD_SCRIPT, args }) ?? this.#connection.livetokenRecord(...args);
  }
}

async function isAllowed(writing: Promise<unknown>): Promise<boolean> {
  try {
    await writing;
    return true;
  } catch (error) {
    if (isForbidden(error)) return false;
    throw error;
  }
}

function nonce(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}
