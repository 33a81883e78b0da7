/** What an HTTP side is called, and what is expected of it before it is measured. */
export interface HttpSide {
  readonly name: SideName;
  /** Refuses bad signatures. */
  readonly verifies: boolean;
  /** Refuses revoked tokens. */
  readonly knowsRevocations: boolean;
}

export type SideName =
  | 'bare Express route'
  | 'livetoken: replica + remembered'
  | 'livetoken: replica only'
  | 'livetoken: direct'
  | 'express-jwt: key as text'
  | 'express-jwt: KeyObject'
  | 'express-jwt + isRevoked GET'
  | 'express-oauth2-jwt-bearer';

export const BARE = 'bare Express route';
export const GUARDED = 'livetoken: replica + remembered';

export const SIDES: readonly HttpSide[] = [
  { name: BARE, verifies: false, knowsRevocations: false },
  { name: GUARDED, verifies: true, knowsRevocations: true },
  { name: 'livetoken: replica only', verifies: true, knowsRevocations: true },
  { name: 'livetoken: direct', verifies: true, knowsRevocations: true },
  { name: 'express-jwt: key as text', verifies: true, knowsRevocations: false },
  { name: 'express-jwt: KeyObject', verifies: true, knowsRevocations: false },
  { name: 'express-jwt + isRevoked GET', verifies: true, knowsRevocations: true },
  { name: 'express-oauth2-jwt-bearer', verifies: true, knowsRevocations: false },
];
