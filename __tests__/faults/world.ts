import { setTimeout as sleep } from 'node:timers/promises';
import type { Backend } from './backend.js';
import { DEFAULT_BOUNDS } from './checks/bounds.js';
import { startGuard, type GuardProcess } from './guard-process.js';
import { monotonicMs, type FaultNature, type Mode } from './history.js';
import type { StoreSettings } from './instance-messages.js';
import { observeOneself } from './observer.js';
import { Population } from './population.js';
import { seeded, type Random } from './random.js';
import { Recorder } from './recorder.js';
import { ISSUER_SECRET } from './secrets.js';
import { Stock } from './stock.js';
import { Traffic } from './traffic.js';
import { USUAL_WEIGHTS, type Weights } from './ways.js';
import { wholeReplicas } from './whole-replicas.js';

/** How much goes on in a world. */
export interface Rates {
  readonly checksPerS: number;
  readonly revocationsPerS: number;
  readonly tokensPerS: number;
  /** Of the ways of revoking. */
  readonly weights: Weights;
  /** Shortest and longest life of a token, whole seconds. */
  readonly lifetimeS: readonly [from: number, to: number];
}

export const USUAL_RATES: Rates = { checksPerS: 60, revocationsPerS: 6, tokensPerS: 15, lifetimeS: [3, 12], weights: USUAL_WEIGHTS };

export interface WorldOptions {
  readonly seed: number;
  /** Names and modes of the instances. */
  readonly guards: Readonly<Record<string, Mode>>;
  readonly store: StoreSettings;
  readonly rates: Rates;
  readonly maxLifetimeS: number;
}

/** Until those that are told or ask at about the end of that time have been. */
const SPARE_MS = 100;

/** Within this time all instances have told once more how they are. */
const MEASURED_MS = 300;

/** Longest that an instance may need to be ready, when it starts on its own. */
const JOINING_MS = 8000;

/** Instances on the servers of a backend, with traffic to them, and all that happens written down. */
export class World<B extends Backend = Backend> {
  readonly backend: B;
  readonly guards: GuardProcess[];
  readonly population: Population;
  readonly traffic: Traffic;
  readonly random: Random;
  readonly recorder: Recorder;
  readonly #stock: Stock;
  readonly #endObserving: () => void;
  readonly #start: (name: string, mode: Mode) => Promise<GuardProcess>;

  private constructor(backend: B, guards: GuardProcess[], parts: Pick<World, 'population' | 'random' | 'recorder'> & { readonly rates: Rates }, start: World['join']) {
    this.backend = backend;
    this.guards = guards;
    this.random = parts.random;
    this.recorder = parts.recorder;
    this.population = parts.population;
    this.#stock = new Stock(() => parts.population.targets);
    this.#start = start;
    this.traffic = new Traffic({ guards, ...parts, ...parts.rates, record: parts.recorder.add });
    this.#endObserving = observeOneself(this.recorder.add, () => this.traffic.pending, () => backend.pids());
  }

  /** Resolves once all instances are ready. No traffic goes yet. */
  static async open<B extends Backend>(backend: B, { seed, guards: modes, store, rates, maxLifetimeS }: WorldOptions): Promise<World<B>> {
    const [recorder, random] = [new Recorder(), seeded(seed)];
    const population = new Population({ secret: ISSUER_SECRET, random: seeded(seed + 1), record: recorder.add, lifetimeS: rates.lifetimeS });
    const start = async (name: string, mode: Mode): Promise<GuardProcess> =>
      startGuard({ name, mode, redis: await backend.addressFor(name), store, secret: ISSUER_SECRET, maxLifetimeS }, recorder.add);
    const starting = await Promise.allSettled(Object.entries(modes).map(([name, mode]) => start(name, mode)));
    const guards = starting.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []));
    const world = new World(backend, guards, { population, random, recorder, rates }, start);
    try {
      for (const each of starting) if (each.status === 'rejected') throw each.reason;
      await Promise.all(guards.map(({ ready }) => ready));
    } catch (error) {
      await world.close();
      throw error;
    }
    return world;
  }

  guard(name: string): GuardProcess {
    return this.guards.find(guard => guard.name === name)!;
  }

  /** Another instance starts, which knows nothing, and takes its share as soon as it listens. Resolves once it is ready; after a while, if it is not. */
  async join(name: string, mode: Mode): Promise<GuardProcess> {
    const guard = await this.#start(name, mode);
    this.guards.push(guard);
    this.traffic.add(guard);
    await Promise.race([guard.ready, sleep(JOINING_MS)]);
    return guard;
  }

  /** Before anything is done. */
  begins(name: string, nature: FaultNature = {}): void {
    this.recorder.add({ event: 'fault', name, phase: 'begin', atMs: monotonicMs(), ...nature });
  }

  /** Once all is well again, as far as this side can see to it. */
  isHealed(name: string): void {
    this.recorder.add({ event: 'fault', name, phase: 'healed', atMs: monotonicMs() });
  }

  /** What the product may have revoked by itself since then. */
  productRevoked(target: string, fromMs: number): void {
    this.recorder.add({ event: 'revoked', instance: this.guards[0]!.name, target, fromMs, toMs: monotonicMs(), outcome: 'indeterminate' });
  }

  /** An instance ends (SIGKILL). */
  async leave(guard: GuardProcess): Promise<void> {
    this.traffic.remove(guard);
    this.guards.splice(this.guards.indexOf(guard), 1);
    await guard.kill();
    await this.backend.forget?.(guard.name);
  }

  /**
   * Lets it become quiet, asks every instance about every token, and writes down what the servers hold. Nothing is under way at the end.
   *
   * @param quietMs after the last revocation, until all instances should say the same of every token
   */
  async takeStock(quietMs = DEFAULT_BOUNDS.copyRecoveryMs): Promise<void> {
    await this.traffic.endRevoking();
    await sleep(quietMs + SPARE_MS);
    await this.traffic.sweep();
    await this.traffic.hold();
    for (const port of await this.readServers()) {
      for (const replica of await wholeReplicas(port)) this.recorder.add(await this.#stock.read(replica));
    }
    this.recorder.add({ event: 'clock', atMs: monotonicMs(), wallMs: Date.now() });
    await sleep(MEASURED_MS);
  }

  /** Writes down what the servers hold, while all goes on. Answers with their ports. */
  async readServers(): Promise<readonly number[]> {
    const ports = await this.backend.keepers();
    for (const port of ports) this.recorder.add(await this.#stock.read(port));
    return ports;
  }

  /** Takes stock, and ends the traffic. */
  async conclude(quietMs?: number): Promise<void> {
    await this.takeStock(quietMs);
    await this.traffic.stop();
  }

  async close(): Promise<void> {
    this.#endObserving();
    this.traffic.close();
    await Promise.all(this.guards.map(guard => guard.kill()));
    await this.backend.close();
  }
}
