import type { TargetKey } from '../../model/target-key.js';
import { activeMember, assertCursor, expiryPrefix, memberKey } from '../active-member.js';
import { assertLimit, assertRevokedAt, assertTracked, type Page, type TrackedToken } from '../store.js';
import type { RedisClient } from './connections.js';
import type { RedisKeys } from './keys.js';
import { readTracked } from './replies.js';
import { readTogether, runTogether } from './together.js';
import { RETIRE_SCRIPT, TRACK_SCRIPT } from './tracking-scripts.js';

/** What `defineCommand` adds to a connection. The first argument is the number of keys. */
interface Scripts {
  livetokenTrack(...args: (string | number)[]): Promise<number>;
  livetokenRetire(...args: (string | number)[]): Promise<number>;
}

/** The tokens that were reported at issuance, in Redis. They refuse nobody: no replica is waited for. */
export class TrackedTokens {
  readonly #connection: RedisClient & Scripts;
  readonly #keys: RedisKeys;
  /** Refuses when the store is closed, and words its errors. */
  readonly #ask: <T>(command: () => Promise<T>) => Promise<T>;

  constructor(connection: RedisClient, keys: RedisKeys, ask: <T>(command: () => Promise<T>) => Promise<T>) {
    this.#connection = connection as RedisClient & Scripts;
    this.#connection.defineCommand('livetokenTrack', { lua: TRACK_SCRIPT });
    this.#connection.defineCommand('livetokenRetire', { lua: RETIRE_SCRIPT });
    this.#keys = keys;
    this.#ask = ask;
  }

  async track(token: TrackedToken): Promise<void> {
    assertTracked(token);
    const { key, revokedAtMs, targets, issuedAtMs, expiresAtMs, details } = token;
    const keys = [this.#keys.tracked(key), ...targets.map(target => this.#keys.active(target))];
    const nowMs = Date.now();
    const ttlMs = expiresAtMs - nowMs;
    if (ttlMs < 1) return;
    const json = JSON.stringify({ targets, issuedAtMs, expiresAtMs, details });
    await this.#ask(() =>
      this.#connection.livetokenTrack(keys.length, ...keys, activeMember(token), json, ttlMs, expiryPrefix(nowMs), revokedAtMs ?? ''),
    );
  }

  async tracked(keys: readonly TargetKey[]): Promise<readonly (TrackedToken | undefined)[]> {
    if (keys.length === 0) return [];
    return this.#ask(async () => {
      const fields = keys.map(key => ['hmget', this.#keys.tracked(key), 'json', 'revokedAt'] as const);
      const replies = await readTogether(this.#connection, fields);
      return keys.map((key, i) => readTracked(key, replies[i] as [string | null, string | null]));
    });
  }

  async active(target: TargetKey, { cursor, limit }: { readonly cursor?: string; readonly limit: number }): Promise<Page<TrackedToken>> {
    assertLimit(limit);
    if (cursor !== undefined) assertCursor(cursor);
    const alive = expiryPrefix(Date.now() + 1);
    const start = cursor !== undefined && cursor > alive ? `(${cursor}` : `[${alive}`;
    const members = await this.#ask(() => this.#connection.zrangebylex(this.#keys.active(target), start, '+', 'LIMIT', 0, limit));
    const tokens = await this.tracked(members.map(memberKey));
    // Between the two questions a token may have been retired, or have expired.
    const items = tokens.filter(token => token !== undefined).filter(({ revokedAtMs }) => revokedAtMs === undefined);
    const last = members.at(-1);
    return { items, ...(members.length === limit && last !== undefined && { cursor: last }) };
  }

  async retire(tokens: readonly TrackedToken[], revokedAtMs: number): Promise<number> {
    assertRevokedAt(revokedAtMs);
    if (tokens.length === 0) return 0;
    const pipeline = this.#connection.pipeline();
    for (const token of tokens) {
      const keys = [this.#keys.tracked(token.key), ...token.targets.map(target => this.#keys.active(target))];
      void (pipeline as unknown as Scripts).livetokenRetire(keys.length, ...keys, activeMember(token), revokedAtMs);
    }
    const replies = await this.#ask(() => runTogether(pipeline));
    return replies.filter(reply => reply === 1).length;
  }
}
