import { count } from '../harness/report.js';

/** What the observing process has to do meanwhile. */
export interface Condition {
  /** Requests through the guard that are sent to it each second. */
  readonly requestsPerSecond: number;
  /** Revocations of other tokens, each second. */
  readonly othersPerSecond: number;
}

export const IDLE: Condition = { requestsPerSecond: 0, othersPerSecond: 0 };

export const CONDITIONS: readonly Condition[] = [
  IDLE,
  { requestsPerSecond: 2000, othersPerSecond: 50 },
  { requestsPerSecond: Infinity, othersPerSecond: 50 },
];

export function describeCondition({ requestsPerSecond, othersPerSecond }: Condition): string {
  if (requestsPerSecond === 0) return 'idle';
  const requests = requestsPerSecond === Infinity ? 'as many requests as it can answer' : `${count(requestsPerSecond)} requests/s`;
  return `${requests}, ${othersPerSecond} other revocations/s`;
}
