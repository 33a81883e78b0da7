import { setTimeout as sleep } from 'node:timers/promises';
import type { TargetKey } from '../../../lib/model/target-key.js';
import type { RevocationStore } from '../../../lib/stores/store.js';
import { anyKey, write } from './builders.js';
import { until } from './until.js';
import { outcome } from './settling.js';

/** Between two checks, and between two revocations, whatever became of those before. */
const CHECK_EVERY_MS = 10;
const REVOKE_EVERY_MS = 40;

/** Checks and revocations through one store, without a pause, until it is stopped. */
export class Traffic {
  /** What was acknowledged, in this order. */
  readonly acknowledged: TargetKey[] = [];
  /** What was revoked before the check began, and not known to the check. */
  readonly missed = new Set<TargetKey>();
  /** Calls that were refused. */
  refused = 0;
  /** Calls that came to nothing at all. */
  unsettled = 0;
  readonly #store: RevocationStore;
  readonly #calls: Promise<unknown>[] = [];
  readonly #expected: readonly TargetKey[];
  readonly #loops: Promise<void>[];
  #hasEnded = false;
  #checks = 0;

  /**
   * @param expected what every check has to find: nothing that may be lost with a server
   * @param remembers whether what is acknowledged here has to be found as well
   */
  constructor(store: RevocationStore, expected: readonly TargetKey[], remembers: boolean) {
    this.#store = store;
    this.#expected = remembers ? this.acknowledged : expected;
    if (remembers) this.acknowledged.push(...expected);
    this.#loops = [this.#every(CHECK_EVERY_MS, () => this.#check()), this.#every(REVOKE_EVERY_MS, () => this.#revoke())];
  }

  /** Resolves once checks and revocations that began after this call have succeeded. */
  async untilServed(): Promise<void> {
    await until(() => this.#check().then(() => true, () => false));
    await until(() => this.#revoke().then(() => true, () => false));
  }

  /** Resolves once every call has settled, or had far longer than it may take. */
  async stop(): Promise<void> {
    this.#hasEnded = true;
    await Promise.all(this.#loops);
    await Promise.all(this.#calls);
  }

  async #every(periodMs: number, call: () => Promise<void>): Promise<void> {
    while (!this.#hasEnded) {
      const settled = outcome(call()).then(result => {
        if (typeof result !== 'object') this.unsettled += 1;
        else if ('error' in result!) this.refused += 1;
      });
      this.#calls.push(settled);
      await sleep(periodMs);
    }
  }

  async #check(): Promise<void> {
    const key = this.#expected[(this.#checks += 1) % this.#expected.length]!;
    const [epochMs] = await this.#store.epochs([key]);
    if (epochMs === undefined) this.missed.add(key);
  }

  async #revoke(): Promise<void> {
    const key = anyKey();
    await this.#store.record([write(key)]);
    this.acknowledged.push(key);
  }
}
