import type { Target } from 'livetoken';
import { ask } from './ask.js';
import type { Stored } from './history.js';
import { nameOf } from './population.js';
import { readStored } from './stored.js';

interface Kept {
  readonly target: Target;
  readonly untilMs: number;
}

/** Reads what servers hold, again and again: what one of them held once is asked for until it may be gone, whoever still uses it. */
export class Stock {
  readonly #targetsInUse: () => readonly Target[];
  readonly #kept = new Map<string, Kept>();

  constructor(targetsInUse: () => readonly Target[]) {
    this.#targetsInUse = targetsInUse;
  }

  async read(port: number): Promise<Stored> {
    for (const [name, { untilMs }] of this.#kept) if (untilMs <= Date.now()) this.#kept.delete(name);
    const targets = new Map([...this.#kept].map(([name, { target }]) => [name, target]));
    for (const target of this.#targetsInUse()) targets.set(nameOf(target), target);
    const stored = await ask(port, async client => {
      // Of a Cluster, a replica answers only whoever says so; elsewhere there is no such command.
      await client.call('READONLY').catch(() => undefined);
      return readStored(client, String(port), [...targets.values()]);
    });
    for (const { target: name, keepUntilMs = 0 } of stored.revocations) {
      const untilMs = Math.max(keepUntilMs, this.#kept.get(name)?.untilMs ?? 0);
      this.#kept.set(name, { target: targets.get(name)!, untilMs });
    }
    return stored;
  }
}
