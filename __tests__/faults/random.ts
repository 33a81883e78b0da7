/** A sequence of numbers that a seed brings back. */
export interface Random {
  /** 0 up to, and without, 1. */
  next(): number;
  /** 0 up to, and without, `below`. */
  below(below: number): number;
  between(from: number, to: number): number;
  /** @throws RangeError for nothing to pick from */
  pick<T>(from: readonly T[]): T;
  chance(probability: number): boolean;
}

/** mulberry32: small, and even enough to choose faults and targets by. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    between: (from, to) => from + below(to - from + 1),
    pick: from => {
      if (from.length === 0) throw new RangeError('There is nothing to pick from.');
      return from[below(from.length)]!;
    },
    chance: probability => next() < probability,
  };
}
