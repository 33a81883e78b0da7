import { InvalidTargetError } from '../errors.js';
import type { TargetKey } from '../model/target-key.js';
import type { TrackedToken } from './store.js';

const EXPIRY_DIGITS = 15;

/**
 * How a token stands in the index of active tokens: expiry first, of fixed width, so that the order of the strings is the order
 * of expiry, a range of strings is a page, and all that has expired is one range.
 */
export function activeMember(token: TrackedToken): string {
  return expiryPrefix(token.expiresAtMs) + token.key;
}

/** Sorts before every member that expires at `atMs` or later, and after every other. */
export function expiryPrefix(atMs: number): string {
  return `${String(Math.max(0, Math.floor(atMs))).padStart(EXPIRY_DIGITS, '0')}:`;
}

export function memberKey(member: string): TargetKey {
  return member.slice(EXPIRY_DIGITS + 1) as TargetKey;
}

const MEMBER = /^\d{15}:token:[\w-]{22}$/;

/** A cursor is the last member of the page before. It comes from outside. */
export function assertCursor(cursor: string): void {
  if (typeof cursor !== 'string' || !MEMBER.test(cursor)) throw new InvalidTargetError('The cursor is not one that an earlier page gave.');
}
