import type { TargetKey } from '../model/target-key.js';
import { activeMember, expiryPrefix } from './active-member.js';
import type { TrackedToken } from './store.js';

/** The active tokens of each target, in memory: one sorted array of members a target. */
export class ActiveIndex {
  readonly #members = new Map<TargetKey, string[]>();

  add(token: TrackedToken): void {
    const member = activeMember(token);
    for (const target of token.targets) {
      const members = this.#members.get(target) ?? [];
      const at = lowerBound(members, member);
      if (members[at] !== member) members.splice(at, 0, member);
      this.#members.set(target, members);
    }
  }

  remove(token: TrackedToken): void {
    const member = activeMember(token);
    for (const target of token.targets) {
      const members = this.#members.get(target) ?? [];
      const at = lowerBound(members, member);
      if (members[at] === member) members.splice(at, 1);
      if (members.length === 0) this.#members.delete(target);
    }
  }

  /** Members after `cursor` that expire after `nowMs`. */
  page(target: TargetKey, cursor: string | undefined, nowMs: number, limit: number): readonly string[] {
    const members = this.#members.get(target) ?? [];
    const alive = lowerBound(members, expiryPrefix(nowMs + 1));
    const start = cursor === undefined ? alive : Math.max(alive, lowerBound(members, cursor, true));
    return members.slice(start, start + limit);
  }

  clear(): void {
    this.#members.clear();
  }
}

/** Index of the first member at or after `wanted` (after it, when `past`). */
function lowerBound(members: readonly string[], wanted: string, past = false): number {
  let low = 0;
  let high = members.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const member = members[middle];
    if (member !== undefined && (member < wanted || (past && member === wanted))) low = middle + 1;
    else high = middle;
  }
  return low;
}
