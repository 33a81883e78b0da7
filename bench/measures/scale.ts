import type { Settings } from '../harness/settings.js';

const DEFAULT_SECONDS = 10;

/** A run shorter than by default makes do with smaller numbers. */
export function isShort({ secondsPerSide }: Settings): boolean {
  return secondsPerSide < DEFAULT_SECONDS;
}

const SHORT = { small: 20_000, large: 100_000 };
const FULL = { small: 100_000, large: 1_000_000 };

/** How many revocations stand in Redis, for the parts that are about that. */
export function standing(settings: Settings): readonly number[] {
  const { small, large } = isShort(settings) ? SHORT : FULL;
  return [small, large];
}
