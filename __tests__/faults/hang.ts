import { setTimeout as sleep } from 'node:timers/promises';
import { randomBytes } from 'node:crypto';
import { startRedis } from '../support/redis-server.js';
import { LinkedBackend } from './backend.js';
import { HttpClient } from './client.js';
import { startGuard, type GuardProcess } from './guard-process.js';
import { monotonicMs, type HistoryEvent, type Measured } from './history.js';
import { Population } from './population.js';
import { seeded } from './random.js';

export interface HangSettings {
  readonly durationMs: number;
  /** Of each instance. */
  readonly requestsPerS: number;
  readonly seed: number;
}

/** How an instance came through. */
export interface Endurance {
  readonly instance: string;
  readonly asked: number;
  /** By status; 0: no answer at all. */
  readonly answers: Readonly<Record<number, number>>;
  readonly slowestMs: number;
  /** Largest resident set, and most questions to the store under way, in each part of the time. */
  readonly parts: readonly { readonly rssMb: number; readonly pending: number }[];
  /** After Redis went on: how long until a token was accepted again. */
  readonly recoveryMs: number;
}

const TICK_MS = 10;
const PARTS = 10;
const GIVE_UP_MS = 30_000;
const GUARDS = { copy: 'replica', direct: 'direct' } as const;

/** Redis stands still (SIGSTOP) while requests keep coming, at a copy and at an instance that asks it every time. */
export async function runHang(settings: HangSettings): Promise<readonly Endurance[]> {
  const backend = new LinkedBackend(await startRedis());
  const observed: Measured[] = [];
  const record = (event: HistoryEvent): void => { if (event.event === 'measured') observed.push(event); };
  const secret = randomBytes(32).toString('base64url');
  const guards: GuardProcess[] = [];
  const lifetimeS = Math.ceil(settings.durationMs / 1000) + 120;
  try {
    for (const [name, mode] of Object.entries(GUARDS)) {
      guards.push(await startGuard({ name, mode, redis: await backend.addressFor(name), store: {}, secret, maxLifetimeS: lifetimeS }, record));
    }
    await Promise.all(guards.map(({ ready }) => ready));
    const population = new Population({ secret, random: seeded(settings.seed), record: () => undefined, lifetimeS: [lifetimeS, lifetimeS] });
    const tokens = Array.from({ length: 200 }, () => population.issue().jwt);
    const askers = guards.map(guard => new Asker(guard, tokens, settings.requestsPerS));
    await sleep(2000);
    backend.current.pause();
    const fromMs = monotonicMs();
    await sleep(settings.durationMs);
    const toMs = monotonicMs();
    const ended = askers.map(asker => asker.tally());
    backend.current.resume();
    const recoveries = await Promise.all(askers.map(asker => asker.untilAccepted()));
    await Promise.all(askers.map(asker => asker.stop()));
    return guards.map(({ name }, i) => ({ instance: name, ...ended[i]!, parts: inParts(observed.filter(({ instance }) => instance === name), fromMs, toMs), recoveryMs: recoveries[i]! }));
  } finally {
    await Promise.all(guards.map(guard => guard.kill()));
    backend.current.resume();
    await backend.close();
    await backend.current.stop();
  }
}

function inParts(measured: readonly Measured[], fromMs: number, toMs: number): Endurance['parts'] {
  const partMs = (toMs - fromMs) / PARTS;
  return Array.from({ length: PARTS }, (_, i) => {
    const within = measured.filter(({ atMs }) => atMs >= fromMs + i * partMs && atMs < fromMs + (i + 1) * partMs);
    return { rssMb: Math.max(...within.map(({ rssBytes }) => rssBytes)) / 1e6, pending: Math.max(...within.map(({ pending }) => pending)) };
  });
}

/** Asks one instance, so many times a second, whether the answers before have come or not. */
class Asker {
  readonly #client: HttpClient;
  readonly #ticker: NodeJS.Timeout;
  readonly #pending = new Set<Promise<void>>();
  readonly #answers: Record<number, number> = {};
  #asked = 0;
  #slowestMs = 0;
  #acceptedAtMs = -Infinity;

  constructor({ port }: GuardProcess, tokens: readonly string[], requestsPerS: number) {
    this.#client = new HttpClient(port);
    let [due, lastMs] = [0, monotonicMs()];
    this.#ticker = setInterval(() => {
      const nowMs = monotonicMs();
      due += (requestsPerS * Math.min(nowMs - lastMs, 100)) / 1000;
      lastMs = nowMs;
      for (; due >= 1; due--) this.#follow(this.#ask(tokens[this.#asked % tokens.length]!));
    }, TICK_MS);
  }

  /** What there was so far, and nothing of that afterwards. */
  tally(): Pick<Endurance, 'asked' | 'answers' | 'slowestMs'> {
    return { asked: this.#asked, answers: { ...this.#answers }, slowestMs: this.#slowestMs };
  }

  /** Rejects where it takes so long that something else is wrong. */
  async untilAccepted(): Promise<number> {
    const fromMs = monotonicMs();
    while (this.#acceptedAtMs < fromMs) {
      if (monotonicMs() > fromMs + GIVE_UP_MS) throw new Error('No token was accepted again. Is the machine busy with something else?');
      await sleep(TICK_MS);
    }
    return this.#acceptedAtMs - fromMs;
  }

  async stop(): Promise<void> {
    clearInterval(this.#ticker);
    await Promise.all(this.#pending);
    this.#client.close();
  }

  #follow(work: Promise<void>): void {
    this.#pending.add(work);
    void work.finally(() => this.#pending.delete(work));
  }

  async #ask(token: string): Promise<void> {
    const fromMs = monotonicMs();
    this.#asked += 1;
    const { status } = await this.#client.ask({ method: 'GET', path: '/check', headers: { authorization: `Bearer ${token}` } });
    this.#answers[status] = (this.#answers[status] ?? 0) + 1;
    this.#slowestMs = Math.max(this.#slowestMs, monotonicMs() - fromMs);
    if (status === 204) this.#acceptedAtMs = monotonicMs();
  }
}
