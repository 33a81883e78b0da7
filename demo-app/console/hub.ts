import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailableError, type LiveTokens, type Receipt, type Target } from 'livetoken';
import type { Fleet, Instance } from '../fleet/fleet.js';
import { findOrganisation } from '../seed.js';
import type { Cast, CastToken } from './cast.js';
import type { ConsoleEvents, EntryView, LanesView, LaneToken, Tell } from './console-events.js';
import { Lane, type Answer } from './lanes.js';
import { readNews, type Place } from './news.js';
import { Stopwatch, type ClickKind } from './stopwatch.js';
import { readTree, type TreeView } from './tree.js';

export interface HubOptions {
  readonly live: LiveTokens;
  readonly cast: Cast;
  readonly fleet: Fleet | undefined;
}

/** How long ago somebody clicked. */
export interface Click {
  readonly clickedAgoMs: number;
}

export interface Revoked {
  readonly receipt: Receipt;
  /** Those that the instances are called with, among the tokens that it was about. */
  readonly tokens: readonly CastToken[];
}

const NEWS_EVERY_MS = 250;
const TREE_EVERY_MS = 1000;
const PEOPLE_EVERY_MS = 1000;
const PULSE_EVERY_MS = 1000;

/** Entries that a page which is opened later is shown. */
const MAX_ENTRIES = 50;

/** Gathers what the console shows, and tells all who look. Nothing is asked while nobody does. */
export class Hub {
  readonly #live: LiveTokens;
  readonly #cast: Cast;
  readonly #fleet: Fleet | undefined;
  readonly #listeners = new Set<Tell>();
  #running: AbortController | undefined;
  #isStopped = false;
  #lanes: readonly Lane[] = [];
  #tree: { readonly view: TreeView; readonly json: string } | undefined;
  #entries: readonly EntryView[] = [];
  #place: Place | undefined;
  #isStoreAway = false;
  readonly #stopwatch = new Stopwatch();

  constructor({ live, cast, fleet }: HubOptions) {
    this.#live = live;
    this.#cast = cast;
    this.#fleet = fleet;
  }

  /** Tells how things stand, and whatever changes from then on. Answers with what ends that. */
  join(tell: Tell, self: Instance): () => void {
    this.#start(self);
    this.#listeners.add(tell);
    tell('store', { name: this.#live.health().store, canSwitch: this.#fleet?.redis !== undefined });
    this.tellRedis(tell);
    tell('lanes', this.#lanesView());
    if (this.#tree !== undefined) tell('tree', this.#tree.view);
    tell('entries', { items: this.#entries, isBacklog: true });
    this.#tellPulse(tell);
    return () => {
      this.#listeners.delete(tell);
      if (this.#listeners.size === 0) this.#pause();
    };
  }

  /** For good. */
  stop(): void {
    this.#isStopped = true;
    this.#pause();
  }

  /** Watches closely meanwhile how the instances come to refuse those of the tokens that fall under the target. */
  async revoke(target: Target, { actor, clickedAgoMs }: Click & { readonly actor: string }): Promise<Revoked> {
    const tokens = this.#cast.under(target);
    this.#clicked('revoke', clickedAgoMs);
    this.#hurry(tokens, ({ status }) => status === 401);
    try {
      const receipt = await this.#live.revoke(target, { actor });
      void this.#tried(() => this.#lookAtTree());
      return { receipt, tokens };
    } catch (error) {
      this.#stopwatch.forget();
      throw error;
    }
  }

  /** Signs in again whoever was signed out. */
  async signInAgain(): Promise<void> {
    await this.#cast.signIn();
    this.#tokensChanged();
    await this.#lookAtTree();
  }

  async switchRedis(isOn: boolean, { clickedAgoMs }: Click): Promise<void> {
    const redis = this.#fleet?.redis;
    if (redis === undefined) return;
    this.#clicked(isOn ? 'on' : 'off', clickedAgoMs);
    // What was refused for good may stay so: that is known without Redis.
    this.#hurry(this.#cast.tokens, ({ status }) => (isOn ? status !== 503 && status !== 0 : status === 503 || status === 401));
    await (isOn ? redis.turnOn() : redis.turnOff());
    this.tellRedis(this.#tellAll);
  }

  tellRedis(tell: Tell): void {
    if (this.#fleet?.redis !== undefined) tell('redis', { isOn: this.#fleet.redis.isOn });
  }

  readonly #tellAll = <E extends keyof ConsoleEvents>(event: E, data: ConsoleEvents[E]): void => {
    for (const tell of this.#listeners) tell(event, data);
  };

  #start(self: Instance): void {
    if (this.#running !== undefined || this.#isStopped) return;
    const running = new AbortController();
    const { signal } = running;
    setMaxListeners(0, signal); // every lane listens
    this.#running = running;
    const instances = this.#fleet?.instances ?? [self];
    this.#lanes = instances.map((instance, at) => new Lane(instance, (token, answer) => { this.#answered(at, token, answer); }));
    this.#setTokens();
    for (const lane of this.#lanes) void lane.run(signal);
    void this.#repeat(PEOPLE_EVERY_MS, signal, () => this.#keepPeople());
    void this.#repeat(TREE_EVERY_MS, signal, () => this.#lookAtTree());
    void this.#repeat(NEWS_EVERY_MS, signal, () => this.#lookForNews());
    void this.#repeat(PULSE_EVERY_MS, signal, async () => { this.#tellPulse(this.#tellAll); });
  }

  #pause(): void {
    this.#running?.abort();
    this.#running = undefined;
  }

  #clicked(kind: ClickKind, clickedAgoMs: number): void {
    this.#stopwatch.start(kind, clickedAgoMs);
    this.#tellAll('click', { kind });
  }

  #answered(instance: number, token: string, answer: Answer): void {
    const afterMs = this.#stopwatch.measure(answer);
    this.#tellAll('answer', { instance, token, ...answer, ...(afterMs !== undefined && { afterMs }) });
  }

  #hurry(tokens: readonly CastToken[], isReached: (answer: Answer) => boolean): void {
    if (this.#running === undefined) return;
    for (const lane of this.#lanes) void lane.hurry(tokens, isReached, this.#running.signal);
  }

  async #keepPeople(): Promise<void> {
    if (!this.#cast.isSignedIn) await this.signInAgain();
    else if (await this.#cast.refresh()) this.#tokensChanged();
  }

  async #lookAtTree(): Promise<void> {
    const view = await this.#asked(() => readTree(this.#live));
    const json = JSON.stringify(view);
    if (json === this.#tree?.json) return;
    this.#tree = { view, json };
    this.#tellAll('tree', view);
  }

  async #lookForNews(): Promise<void> {
    const isBacklog = this.#place === undefined;
    const { items, place } = await this.#asked(() => readNews(this.#live, this.#place));
    this.#place = place;
    if (items.length === 0) return;
    this.#entries = [...this.#entries, ...items].slice(-MAX_ENTRIES);
    this.#tellAll('entries', { items, isBacklog });
    await this.#lookAtTree();
  }

  #tellPulse(tell: Tell): void {
    tell('pulse', { calls: this.#lanes.map(({ calls }) => calls), isStoreAway: this.#isStoreAway });
  }

  #tokensChanged(): void {
    this.#setTokens();
    this.#tellAll('lanes', this.#lanesView());
  }

  #setTokens(): void {
    for (const lane of this.#lanes) lane.setTokens(this.#cast.tokens);
  }

  #lanesView(): LanesView {
    const { tokens } = this.#cast;
    const answersOf = (lane: Lane): Record<string, Answer> => {
      const known = tokens.map(({ id }) => [id, lane.answerTo(id)] as const).filter(([, answer]) => answer !== undefined);
      return Object.fromEntries(known as [string, Answer][]);
    };
    return { instances: this.#lanes.map(({ instance }) => instance), tokens: tokens.map(laneToken), answers: this.#lanes.map(answersOf) };
  }

  async #asked<T>(ask: () => Promise<T>): Promise<T> {
    try {
      const answer = await ask();
      this.#isStoreAway = false;
      return answer;
    } catch (error) {
      this.#isStoreAway = true;
      throw error;
    }
  }

  /** A store that is away is asked again, and the page is told of it by `pulse`. */
  async #tried(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) console.error(`The console failed: ${error instanceof Error ? error.name : typeof error}`);
    }
  }

  async #repeat(everyMs: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      await this.#tried(work);
      // Rejects when it is aborted, and with nothing else.
      await sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}

function laneToken({ id, claims }: CastToken): LaneToken {
  const organisation = String(claims['org']);
  return {
    id,
    user: String(claims['sub']),
    client: String(claims['client_id']),
    organisation: findOrganisation(organisation)?.name ?? organisation,
    hasSession: claims['sid'] !== undefined,
  };
}
