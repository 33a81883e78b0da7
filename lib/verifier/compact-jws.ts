import { isUtf8 } from 'node:buffer';
import { InvalidTokenError } from '../errors.js';
import { isPlainObject } from '../model/claims.js';

/** A JOSE header (RFC 7515 section 4). Only `alg` has been looked at; nothing of it is authenticated yet. */
export type JwsHeader = Readonly<Record<string, unknown>> & { readonly alg: string };

/** What can be read off a token before its signature is checked. */
export interface CompactJws {
  readonly header: JwsHeader;
  /** The second part as it stands, for `decodeJsonObject`. */
  readonly encodedPayload: string;
}

/**
 * Takes a JWS in compact serialisation (RFC 7515 section 7.1) apart: three non-empty parts of unpadded, canonical base64url,
 * the first a JSON object with an `alg`. No signature is checked.
 *
 * @param maxLength in characters; compared before anything of the token is read
 * @throws InvalidTokenError `too_long` or `malformed`, and nothing else, whatever `token` is
 */
export function parseCompactJws(token: unknown, maxLength: number): CompactJws {
  if (typeof token !== 'string') throw malformed();
  if (token.length > maxLength) throw new InvalidTokenError('too_long', 'The token is longer than accepted.');
  const firstDot = token.indexOf('.');
  const secondDot = token.indexOf('.', firstDot + 1);
  if (secondDot <= firstDot) throw malformed();
  const encodedHeader = token.slice(0, firstDot);
  const encodedPayload = token.slice(firstDot + 1, secondDot);
  for (const part of [encodedHeader, encodedPayload, token.slice(secondDot + 1)]) assertCanonicalPart(part);
  const header = decodeJsonObject(encodedHeader);
  if (!hasAlgorithm(header)) throw malformed();
  return { header, encodedPayload };
}

/**
 * The JSON object in one part of a token that passed `parseCompactJws`.
 *
 * @throws InvalidTokenError `malformed` unless it is UTF-8 (RFC 7519 section 7.2: lossy decoding would turn different ids into
 *   one), JSON and an object
 */
export function decodeJsonObject(part: string): Readonly<Record<string, unknown>> {
  const bytes = Buffer.from(part, 'base64url');
  if (!isUtf8(bytes)) throw malformed();
  const value = parseJson(bytes.toString('utf8'));
  if (!isPlainObject(value)) throw malformed();
  return value;
}

/** The alphabet of base64url (RFC 4648 section 5): a character's place in it is the six bits that it stands for. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Without a quantifier there is nothing to backtrack over, whatever the input. A dot is illegal too: the third part holds none. */
const ILLEGAL_CHARACTER = /[^A-Za-z0-9_-]/;

/** Bits of the last character that no byte uses, by length of the part modulo 4. A remainder of 1 is no base64 at all. */
const UNUSED_BITS = [0, 0, 0b1111, 0b11] as const;

/**
 * Unused bits must be zero (RFC 4648 section 3.5). Otherwise most signatures could be written in 4 or 16 ways, and whatever
 * compares tokens as strings (a cache, an opaque deny list, a one-time check) would see different tokens.
 */
function assertCanonicalPart(part: string): void {
  const remainder = part.length % 4;
  if (part === '' || remainder === 1 || ILLEGAL_CHARACTER.test(part)) throw malformed();
  const lastBits = ALPHABET.indexOf(part.charAt(part.length - 1));
  if ((lastBits & (UNUSED_BITS[remainder] ?? 0)) !== 0) throw malformed();
}

function hasAlgorithm(header: Readonly<Record<string, unknown>>): header is JwsHeader {
  return Object.hasOwn(header, 'alg') && typeof header['alg'] === 'string';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The SyntaxError quotes the text: it must not become a cause, or tokens end up in logs.
    throw malformed();
  }
}

function malformed(): InvalidTokenError {
  return new InvalidTokenError('malformed', 'The token is not a well-formed JWT.');
}
