import { hash } from 'node:crypto';

/**
 * The name in a store of something that may be used once: 22 characters of base64url, the first 132 bits of a SHA-256 over an
 * injective encoding. Tells nobody what it stands for.
 */
export type OnceKey = string & { readonly onceKey: unique symbol };

const HASH_LENGTH = 22;

/** What is used once: a refresh token, or the assertion of a client (RFC 7523 section 3). */
export type OncePurpose = 'refresh' | 'assertion';

/** @param names well-formed strings that together name it, each before the next with its length in UTF-16 units */
export function onceKey(purpose: OncePurpose, ...names: readonly string[]): OnceKey {
  const encoded = `${purpose}|${names.map(name => `${name.length}:${name}`).join('')}`;
  return hash('sha256', encoded, 'base64url').slice(0, HASH_LENGTH) as OnceKey;
}
