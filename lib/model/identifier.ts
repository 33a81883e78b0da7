/** Longest identifier (jti, sid, subject, organisation...), in bytes of UTF-8. */
export const MAX_IDENTIFIER_BYTES = 256;

/**
 * True for a string that can name something: 1 to 256 bytes of well-formed Unicode.
 * Lone surrogates are out because UTF-8 turns all of them into the same bytes, so two ids would become one.
 */
export function isIdentifier(value: unknown): value is string {
  if (typeof value !== 'string' || value.length === 0 || value.length > MAX_IDENTIFIER_BYTES) return false;
  return isWellFormed(value) && Buffer.byteLength(value) <= MAX_IDENTIFIER_BYTES;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

function isWellFormed(value: string): boolean {
  return !LONE_SURROGATE.test(value);
}
