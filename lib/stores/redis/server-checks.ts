import { StoreUnavailableError } from '../../errors.js';
import type { ServerMonitor, StoreWarning, StoreWarningCode, StoreWarningListener } from '../store-warning.js';
import { leave, type RedisClient } from './connections.js';
import type { DataLoss } from './data-loss.js';
import { summary } from './redis-errors.js';
import { evictedKeysOf, findings } from './server-findings.js';
import { askServer, type ServerReport } from './server-report.js';

export interface ServerCheckOptions {
  /** The server, for messages. */
  readonly address: string;
  /** Any key of the namespace: on a cluster the node that has it is asked. */
  readonly key: string;
  readonly everyMs: number;
  readonly acceptEviction: boolean;
  readonly loss: DataLoss;
}

/** While checks are refused somebody is putting it right, and waits. */
const WHILE_REFUSING_MS = 1000;

/** What such a server has lost, a copy that has followed it all along still has. */
const MADE_GOOD_BY_A_COPY: ReadonlySet<StoreWarningCode> = new Set<StoreWarningCode>(['eviction_policy', 'evicted_keys', 'data_loss']);

/** Pause before a round that follows on another one. */
const ONCE_MORE_MS = 100;

/** Instances started together do not ask together for ever. */
const JITTER = 0.1;

/**
 * Asks the server behind each connection how it is set up: as soon as all are connected, whenever one of them was connected anew
 * (to another server, maybe), and from time to time. What it does not like it tells; where a revocation could vanish unseen it
 * keeps the store from answering.
 *
 * An evicted revocation looks like one that never was. So while keys may be evicted, or were, no check is answered by the server
 * and no copy is begun from its log. A copy that has followed the log all along goes on: it has what the server may have lost.
 */
export class ServerChecks implements ServerMonitor {
  readonly #connections: readonly RedisClient[];
  readonly #options: ServerCheckOptions;
  /** By connection, as of when it could last be asked. */
  readonly #found = new Map<RedisClient, readonly StoreWarning[]>();
  readonly #listeners = new Set<StoreWarningListener>();
  #standing: ReadonlyMap<StoreWarningCode, StoreWarning> = new Map();
  /** Why not to be trusted, and why not even to be followed. Kept at hand for the path of requests. */
  #distrust: string | undefined;
  #unfollowable: string | undefined;
  /** The least number of evicted keys that was ever seen. */
  #evictedBefore: number | undefined;
  #running: Promise<void> | undefined;
  #isDueAgain = false;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(connections: readonly RedisClient[], options: ServerCheckOptions) {
    this.#connections = connections;
    this.#options = options;
    for (const connection of connections) {
      connection.on('ready', () => {
        // A round that is under way may have asked the server that was there before.
        if (connections.every(isReady)) this.look();
      });
    }
    this.#schedule();
  }

  get warnings(): readonly StoreWarning[] {
    return [...this.#standing.values()];
  }

  onWarning(listener: StoreWarningListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks now. Never rejects: what cannot be asked is a warning at first, and later leaves things as they were. */
  run(): Promise<void> {
    this.#running ??= this.#round().finally(() => {
      this.#running = undefined;
      this.#schedule();
    });
    return this.#running;
  }

  /** Asks now, and once more if a round is under way: it may have begun before what there is to see. */
  look(): void {
    this.#isDueAgain = this.#running !== undefined;
    void this.run();
  }

  /** @throws StoreUnavailableError where the server may not be believed when it says "not revoked" */
  assertTrusted(): void {
    if (this.#distrust !== undefined) throw new StoreUnavailableError(this.#distrust);
    this.#options.loss.assertWhole();
  }

  /** @throws StoreUnavailableError where not even a copy that is complete may take its news from it */
  assertFollowable(): void {
    if (this.#unfollowable !== undefined) throw new StoreUnavailableError(this.#unfollowable);
  }

  /**
   * Before the log is read from another connection, which may have ended at another server.
   *
   * @param isComplete whether it is read for a copy that had all before: then it does not matter that the server has lost its data
   * @throws StoreUnavailableError (rejects) where it may not be trusted
   */
  async admit(connection: RedisClient, isComplete: boolean): Promise<void> {
    const matters = ({ code }: StoreWarning): boolean => !isComplete || code !== 'data_loss';
    const standing = refusalFor(this.warnings.filter(matters));
    if (standing !== undefined) throw new StoreUnavailableError(standing);
    const refusal = refusalFor((await this.#inspect(connection)).filter(matters));
    if (refusal !== undefined) throw new StoreUnavailableError(refusal);
  }

  /** Somebody has dealt with lost data, or says that it does not matter. */
  async acceptDataLoss(): Promise<void> {
    await this.run();
    await this.#options.loss.settle(this.#options.loss.lost);
    await this.run();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    const usualMs = this.#distrust !== undefined ? Math.min(this.#options.everyMs, WHILE_REFUSING_MS) : this.#options.everyMs;
    const everyMs = this.#isDueAgain ? ONCE_MORE_MS : usualMs;
    this.#isDueAgain = false;
    this.#timer = setTimeout(() => void this.run(), everyMs * (1 - JITTER + 2 * JITTER * Math.random())).unref();
  }

  async #round(): Promise<void> {
    const connected = this.#connections.filter(isReady);
    await Promise.all(connected.map(async connection => this.#found.set(connection, await this.#inspect(connection))));
    if (this.#isClosed) return;
    this.#settle([...this.#found.values()].flat());
    for (const connection of connected) if (this.#found.get(connection)?.some(({ code }) => code === 'not_primary') === true) leave(connection);
  }

  async #inspect(connection: RedisClient): Promise<readonly StoreWarning[]> {
    const { address, key, acceptEviction, loss } = this.#options;
    const atMs = performance.now();
    try {
      const report = await askServer(connection, key, loss.doubtful, address);
      const evictedBefore = this.#noteEvicted(report);
      loss.observe(report.incarnation, report.lost, atMs);
      loss.reported(report.settled);
      return findings(report, { address, evictedBefore, acceptEviction, loss: loss.warning });
    } catch (error) {
      return this.#found.get(connection) ?? [unanswered(address, error)];
    }
  }

  /** It goes down when somebody has reset the counter, which is how he says that he has dealt with it. */
  #noteEvicted(report: ServerReport): number {
    const evicted = evictedKeysOf(report);
    if (report.info !== undefined) this.#evictedBefore = Math.min(this.#evictedBefore ?? evicted, evicted);
    return this.#evictedBefore ?? evicted;
  }

  #settle(found: readonly StoreWarning[]): void {
    const before = this.#standing;
    // Of two connections that say the same, the one that refuses counts.
    this.#standing = new Map([...found].sort((a, b) => Number(a.refuses) - Number(b.refuses)).map(each => [each.code, each]));
    this.#distrust = refusalFor(this.warnings);
    this.#unfollowable = refusalFor(this.warnings.filter(({ code }) => !MADE_GOOD_BY_A_COPY.has(code)));
    for (const warning of this.#standing.values()) {
      if (before.get(warning.code)?.refuses !== warning.refuses) this.#tell(warning, false);
    }
    for (const warning of before.values()) if (!this.#standing.has(warning.code)) this.#tell(warning, true);
  }

  #tell(warning: StoreWarning, isOver: boolean): void {
    for (const listener of this.#listeners) listener(warning, isOver);
  }
}

function isReady({ status }: RedisClient): boolean {
  return status === 'ready';
}

function refusalFor(warnings: readonly StoreWarning[]): string | undefined {
  const refusing = warnings.filter(({ refuses }) => refuses);
  return refusing.length === 0 ? undefined : refusing.map(({ message }) => message).join(' ');
}

function unanswered(address: string, error: unknown): StoreWarning {
  const message = `${address} could not be asked how it is set up (${summary(error)}); it will be asked again.`;
  return Object.freeze({ code: 'not_checked', message, refuses: false });
}
