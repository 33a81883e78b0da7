import { isUnavailable, StoreUnavailableError } from '../../errors.js';
import { EXPECTED } from '../log.js';

/**
 * What to do when all data is gone (a Redis that restarted empty, FLUSHALL) and no running copy has given it back, so that an answer of
 * "not revoked" is worth nothing.
 *
 * `'refuse'`: checks that Redis would have to answer are refused (503) until a copy has given it back, or somebody says with
 * `acceptDataLoss` that it is settled. `'revoke-all'`: the same for five seconds, then everything issued before is revoked: all sign in
 * again. `'continue'`: a warning and nothing else; what was revoked is back in use.
 */
export type OnDataLoss = 'refuse' | 'revoke-all' | 'continue';

export interface DataLossOptions {
  readonly policy: OnDataLoss;
  /** There was data before: an empty store has lost it, though nobody here has seen it. */
  readonly expectData: boolean;
  /** The server, for messages. */
  readonly address: string;
  readonly stateKey: string;
  /** Writes down that this was lost; that these losses are settled; a revocation of everything. All reject with a StoreUnavailableError. */
  note(incarnation: string): Promise<unknown>;
  settle(incarnations: readonly string[]): Promise<unknown>;
  /** Writes down that the log lacks entries. */
  noteTorn(): Promise<unknown>;
  revokeAll(): Promise<unknown>;
  /** Called when a loss was noticed, for the server to be looked at again. */
  noticed(): void;
}

/** Most losses that are kept apart: the first of them refuses all the same. */
const MAX_LOSSES = 8;

/** How long copies have to give back what was lost, before everything is revoked. */
const HEALING_MS = 5000;

/**
 * Whether the data is still the same. An incarnation is drawn with the first revocation; where another one stands, or none any more, all
 * that was revoked is forgotten. Whoever notices writes it into the state, so that instances which start later know of it too.
 */
export class DataLoss {
  readonly #options: DataLossOptions;
  #known: string | undefined;
  #knownSinceMs = -Infinity;
  /** When each loss was noticed, by the monotonic clock. */
  readonly #noticedAtMs = new Map<string, number>();
  readonly #dealing = new Set<string>();
  /** Until there was data, or somebody said that there need be none. */
  #isExpecting: boolean;

  constructor(options: DataLossOptions) {
    this.#options = options;
    this.#isExpecting = options.expectData;
  }

  /** Incarnations of what was lost, as far as it is known here that nobody has settled it. */
  get lost(): readonly string[] {
    return [...this.#noticedAtMs.keys()];
  }

  /** Incarnations of which to ask whether they are settled. */
  get doubtful(): readonly string[] {
    return this.#isExpecting ? [...new Set([...this.lost, EXPECTED])] : this.lost;
  }

  /** What to say of it; `undefined` where all is well. */
  get warning(): { readonly says: string; readonly refuses: boolean } | undefined {
    if (this.#noticedAtMs.size === 0) return undefined;
    const { policy, stateKey } = this.#options;
    const says =
      'has lost its data, and all revocations with it: it restarted empty, or was flushed. Instances that keep a copy write theirs back, and then ' +
      'this is over by itself. If it does not go away, none of them had all: revoke again what must not live, or everything with ' +
      `revoke({ kind: 'all' }), and then call acceptDataLoss(), or run HDEL ${stateKey} lost and restart the instances.`;
    return { says, refuses: policy !== 'continue' };
  }

  /**
   * What stands in the store now.
   *
   * @param noted what somebody has noticed to be lost, and nobody has settled
   * @param atMs when it was asked, by the monotonic clock: an answer may be overtaken by another one
   */
  observe(incarnation: string | undefined, noted: string | undefined, atMs: number): void {
    const was = this.#known;
    if (was !== incarnation && atMs < this.#knownSinceMs) return;
    this.#knows(incarnation);
    // Restored, from a file or by a failover. What the latest of it may lack is for the log to tell.
    if (incarnation !== undefined) this.#noticedAtMs.delete(incarnation);
    if (was !== undefined && was !== incarnation) this.#notice(was);
    if (noted !== undefined && noted !== incarnation) this.#notice(noted);
    if (this.#isExpecting && incarnation === undefined) this.#notice(EXPECTED);
    this.#isExpecting &&= incarnation === undefined;
  }

  /** This process has recorded something in this data: that it is there counts as having been seen, where nothing was before. */
  recordedIn(incarnation: string): void {
    if (this.#known === undefined) this.#knows(incarnation);
  }

  /** What the state says of losses. Called whenever the server was looked at; while there is one, once a second. */
  reported(settled: readonly string[]): void {
    for (const incarnation of settled) this.#isSettled(incarnation);
    for (const incarnation of this.lost) void this.#dealOnce(incarnation);
  }

  /** A log that is shorter than it was left: who can mend it must learn of it, and reads the state only. */
  tornSeen(): void {
    this.#options.noteTorn().catch(warn);
  }

  /** Whether this was lost, is not settled, and keeps checks from being answered. */
  refuses(incarnation: string | undefined): boolean {
    return this.#options.policy !== 'continue' && incarnation !== undefined && this.#noticedAtMs.has(incarnation);
  }

  /** @throws StoreUnavailableError where something is missing */
  assertWhole(): void {
    if (this.warning?.refuses === true) throw new StoreUnavailableError(`${this.#options.address} ${this.warning.says}`);
  }

  /** @param incarnations of which some may not be lost */
  async settle(incarnations: readonly string[]): Promise<void> {
    if (incarnations.length === 0) return;
    await this.#options.settle(incarnations);
    for (const incarnation of incarnations) this.#isSettled(incarnation);
    this.#options.noticed();
  }

  #knows(incarnation: string | undefined): void {
    if (incarnation !== this.#known) this.#knownSinceMs = performance.now();
    this.#known = incarnation;
  }

  #isSettled(incarnation: string): void {
    this.#noticedAtMs.delete(incarnation);
    if (incarnation === EXPECTED) this.#isExpecting = false;
  }

  #notice(incarnation: string): void {
    if (this.#noticedAtMs.has(incarnation) || this.#noticedAtMs.size >= MAX_LOSSES) return;
    this.#noticedAtMs.set(incarnation, performance.now());
    this.#options.noticed();
  }

  async #dealOnce(incarnation: string): Promise<void> {
    if (this.#dealing.has(incarnation)) return;
    this.#dealing.add(incarnation);
    try {
      await this.#deal(incarnation);
    } catch (error) {
      warn(error);
    } finally {
      this.#dealing.delete(incarnation);
    }
  }

  async #deal(incarnation: string): Promise<void> {
    const forMs = performance.now() - (this.#noticedAtMs.get(incarnation) ?? Infinity);
    if (this.#options.policy !== 'revoke-all' || forMs < HEALING_MS) {
      await this.#options.note(incarnation);
      return;
    }
    await this.#options.revokeAll();
    await this.settle([incarnation]);
  }
}

/** A store that is away, or lets this process only read: what is known here counts, and it is tried again. */
function warn(error: unknown): void {
  if (isUnavailable(error)) return;
  const name = error instanceof Error ? error.name : typeof error;
  process.emitWarning(`Dealing with lost data failed (${name}).`, { code: 'LIVETOKEN_STORE' });
}
