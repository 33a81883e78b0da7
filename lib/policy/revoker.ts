import { InvalidTokenError, isUnavailable } from '../errors.js';
import { keepTokenForMs } from '../model/retention.js';
import { targetKey } from '../model/target-key.js';
import { describeTarget, type Target } from '../model/target.js';
import { tokenFacts } from '../model/token-facts.js';
import { MAX_BATCH } from '../stores/store.js';
import type { VerifiedToken } from './access-token.js';
import type { Events } from './events.js';
import type { Configuration } from './options.js';
import { assertRevocable, auditFields, recordRevocations, type Receipt, type Revocable, type RevokeOptions } from './revocation-request.js';
import type { StoreState } from './store-state.js';
import type { Tracker } from './tracker.js';

/** Records revocations, counts the tracked tokens that they end, and tells whoever listens. */
export class Revoker {
  readonly #config: Configuration;
  readonly #events: Events;
  readonly #state: StoreState;
  readonly #tracker: Tracker | undefined;

  constructor(config: Configuration, events: Events, state: StoreState, tracker: Tracker | undefined) {
    this.#config = config;
    this.#events = events;
    this.#state = state;
    this.#tracker = tracker;
  }

  async revoke(revocable: Revocable, options: RevokeOptions): Promise<Receipt> {
    const [receipt] = await this.#record([revocable], options);
    return receipt as Receipt;
  }

  async revokeAll(targets: readonly Target[], options: RevokeOptions): Promise<readonly Receipt[]> {
    // All of them before the first batch is written: a mistake in the last one must not leave half of them revoked.
    assertRevocable(targets.map(target => ({ target })), options, this.#config);
    const receipts: Receipt[] = [];
    for (let i = 0; i < targets.length; i += MAX_BATCH) {
      receipts.push(...(await this.#record(targets.slice(i, i + MAX_BATCH).map(target => ({ target })), options)));
    }
    return receipts;
  }

  /** Default of `reach`: the grant of a refresh token, an access token by itself. */
  revocable({ claims, use }: VerifiedToken, reach: 'token' | 'grant' = use === 'refresh' ? 'grant' : 'token'): Revocable {
    const facts = tokenFacts(claims, this.#config);
    const ownKeepForMs = keepTokenForMs(this.#config, facts.expiresAtMs, this.#config.now());
    // Not every verify function looks at exp, and a refresh token found in an old backup must not end what its grant has now.
    if (ownKeepForMs === 0) throw new InvalidTokenError('expired', 'The token has expired.');
    const grant = facts.targets.find(({ kind }) => kind === 'grant');
    if (reach === 'grant' && grant !== undefined) return { target: grant };
    const own = facts.targets.find(({ kind }) => kind === 'token');
    if (own === undefined) throw new InvalidTokenError('unrevocable', 'The token has no id, so it cannot be revoked by itself.');
    return { target: own, keepForMs: ownKeepForMs };
  }

  async #record(revocables: readonly Revocable[], options: RevokeOptions): Promise<readonly Receipt[]> {
    const receipts = await this.#state.observe('revoke', recordRevocations(revocables, options, this.#config));
    const counted = [];
    for (const receipt of receipts) counted.push(await this.#retire(receipt));
    for (const receipt of counted) this.#announce(receipt, options);
    return counted;
  }

  /** The revocation stands by now. Where counting fails it stands without a count. */
  async #retire(receipt: Receipt): Promise<Receipt> {
    if (this.#tracker === undefined) return receipt;
    try {
      const { target, epoch, recordedAt } = receipt;
      return { ...receipt, count: await this.#state.observe('list', this.#tracker.retire(target, epoch, recordedAt)) };
    } catch (error) {
      if (isUnavailable(error)) return receipt;
      throw error;
    }
  }

  #announce({ target, epoch, changed, count }: Receipt, options: RevokeOptions): void {
    const { kind } = target;
    const fields = { ...auditFields(options), ...(count !== undefined && { count }) };
    this.#events.emit('revoked', { kind, key: targetKey(target), target: describeTarget(target), epoch, changed, ...fields });
  }
}
