import type { RedisSwitch } from '../fleet/fleet.js';
import type { Answer } from './lanes.js';
import type { ClickKind } from './stopwatch.js';
import type { TreeView } from './tree.js';

/** A revocation as the feed shows it. */
export interface EntryView {
  readonly id: string;
  readonly atMs: number;
  /** In words. */
  readonly target: string;
  readonly actor?: string;
  readonly reason?: string;
}

/** A token that the instances are called with. */
export interface LaneToken {
  readonly id: string;
  readonly user: string;
  readonly client: string;
  readonly organisation: string;
  readonly hasSession: boolean;
}

export interface LanesView {
  readonly instances: readonly { readonly name: string; readonly url: string }[];
  readonly tokens: readonly LaneToken[];
  /** By instance, then by token id. */
  readonly answers: readonly Readonly<Record<string, Answer>>[];
}

/** What the page is told. */
export interface ConsoleEvents {
  /** What keeps the revocations, and whether it may be switched off here. */
  readonly store: { readonly name: string; readonly canSwitch: boolean };
  readonly redis: Pick<RedisSwitch, 'isOn'>;
  readonly lanes: LanesView;
  /** Somebody has clicked: the answers that follow are timed from there. */
  readonly click: { readonly kind: ClickKind };
  readonly answer: { readonly instance: number; readonly token: string; readonly afterMs?: number } & Answer;
  /** How many calls each instance has had, and whether the console itself reaches the store. */
  readonly pulse: { readonly calls: readonly number[]; readonly isStoreAway: boolean };
  readonly tree: TreeView;
  /** Oldest first; `isBacklog`: what was revoked before anybody looked. */
  readonly entries: { readonly items: readonly EntryView[]; readonly isBacklog: boolean };
}

export type Tell = <E extends keyof ConsoleEvents>(event: E, data: ConsoleEvents[E]) => void;
