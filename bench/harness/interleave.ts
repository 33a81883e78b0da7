import { median, shuffled } from './statistics.js';

/** One of the things compared, in at least two instances. */
export interface Side<I, N extends string = string> {
  readonly name: N;
  readonly instances: readonly I[];
}

/** Slices of one side: an array for each instance. */
export type Slices<S> = readonly (readonly S[])[];

/**
 * Measures every instance of every side once a round, each round in a new random order, so that whatever the machine does
 * meanwhile falls on all sides alike.
 */
export async function interleave<I, S, N extends string>(
  sides: readonly Side<I, N>[],
  rounds: number,
  measure: (instance: I, side: N) => Promise<S>,
  beforeRound: () => Promise<void> = () => Promise.resolve(),
): Promise<ReadonlyMap<N, Slices<S>>> {
  const slices = new Map(sides.map(({ name, instances }) => [name, instances.map(() => [] as S[])]));
  const turns = sides.flatMap(({ name, instances }) => instances.map((instance, i) => ({ name, instance, i })));
  for (let round = 0; round < rounds; round++) {
    await beforeRound();
    for (const { name, instance, i } of shuffled(turns)) slices.get(name)?.[i]?.push(await measure(instance, name));
  }
  return slices;
}

/** One figure of one side. */
export interface Figure {
  /** Over all slices of all instances. */
  readonly median: number;
  readonly ofInstances: readonly number[];
  /** How far the instances of this one side lie apart: largest median / smallest - 1. */
  readonly spread: number;
}

export function figure<S>(slices: Slices<S>, of: (slice: S) => number): Figure {
  const ofInstances = slices.map(each => median(each.map(of)));
  return { median: median(slices.flat().map(of)), ofInstances, spread: Math.max(...ofInstances) / Math.min(...ofInstances) - 1 };
}

/** How far two instances of one and the same side lay apart in this run, at most. */
export function ownSpread(figures: readonly Figure[]): number {
  return Math.max(0, ...figures.map(({ spread }) => spread));
}

/**
 * No difference between two sides that is smaller than this can be told from none: their own spreads, and no less than is usual
 * in this run, because two instances may lie close together by chance.
 */
export function spreadOfPair(one: Figure, other: Figure, all: readonly Figure[]): number {
  return Math.max(one.spread, other.spread, median(all.map(({ spread }) => spread)));
}

export function isWithinSpread(ratio: number, spread: number): boolean {
  return Math.max(ratio, 1 / ratio) - 1 <= spread;
}
