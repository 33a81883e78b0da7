/** How revocations come in. */
export interface Job {
  readonly name: string;
  /** `batches`: 64 in one call; `single`: one call each; `http`: one request each. */
  readonly kind: 'batches' | 'single' | 'http';
  /** Calls or requests under way at a time. */
  readonly underWay: number;
  /** Revocations in a slice. */
  readonly tokens: number;
}

export const JOBS: readonly Job[] = [
  { name: 'batches of 64, 8 under way', kind: 'batches', underWay: 8, tokens: 12_800 },
  { name: 'one at a time', kind: 'single', underWay: 1, tokens: 1_000 },
  { name: '32 under way', kind: 'single', underWay: 32, tokens: 4_000 },
  { name: 'POST /revoke, 32 connections', kind: 'http', underWay: 32, tokens: 1_000 },
];

export const BATCH = 64;

export type WritesSide = 'livetoken' | 'naive';

export const SIDES: readonly WritesSide[] = ['livetoken', 'naive'];
