import { quantile } from '../harness/statistics.js';

/** How long something took, in milliseconds. */
export interface Times {
  readonly samples: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export function times(ms: readonly number[]): Times {
  return { samples: ms.length, p50: quantile(ms, 0.5), p99: quantile(ms, 0.99), max: ms.reduce((most, each) => Math.max(most, each), -Infinity) };
}

/** `process.hrtime` reads CLOCK_MONOTONIC, which on Linux is one clock for all processes of a machine. */
export function msBetween(earlier: bigint, later: bigint): number {
  return Number(later - earlier) / 1e6;
}

export const asMs = (value: number): string => value.toFixed(value >= 100 ? 0 : 2);
