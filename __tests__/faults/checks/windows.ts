/** A stretch of time, ends included. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Stretches of time, those that touch made one: many questions about them are answered without looking at each. */
export class Windows {
  readonly all: readonly Window[];

  constructor(windows: readonly Window[]) {
    const merged: { fromMs: number; toMs: number }[] = [];
    for (const { fromMs, toMs } of [...windows].sort((a, b) => a.fromMs - b.fromMs)) {
      const last = merged.at(-1);
      if (last !== undefined && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
      else merged.push({ fromMs, toMs });
    }
    this.all = merged;
  }

  /** Whether some of [fromMs, toMs] lies in one of them. */
  touch(fromMs: number, toMs: number): boolean {
    const next = this.all[this.endedBefore(fromMs)];
    return next !== undefined && next.fromMs <= toMs;
  }

  /** How many were over before this instant. */
  endedBefore(atMs: number): number {
    return firstIndex(this.all.length, i => this.all[i]!.toMs >= atMs);
  }
}

/** The first index that `holds`, which holds for all after it as well; `length` where there is none. */
export function firstIndex(length: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
