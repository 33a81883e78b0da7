import { isUtf8 } from 'node:buffer';

export interface BasicCredentials {
  readonly id: string;
  readonly secret: string;
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** The scheme of an Authorization header in lower case, and what follows it. Schemes are case-insensitive (RFC 9110 section 11.1). */
export function authorizationParts(header: string): { readonly scheme: string; readonly rest: string } {
  const space = header.indexOf(' ');
  if (space < 0) return { scheme: header.toLowerCase(), rest: '' };
  return { scheme: header.slice(0, space).toLowerCase(), rest: header.slice(space + 1).trim() };
}

/**
 * Takes the credentials of HTTP Basic apart at the first colon (RFC 7617 section 2). `undefined` for bad base64, bad UTF-8, a
 * missing colon, or control characters.
 */
export function decodeBasic(encoded: string): BasicCredentials | undefined {
  if (!BASE64.test(encoded)) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0 || /\p{Cc}/u.test(text)) return undefined;
  return { id: text.slice(0, colon), secret: text.slice(colon + 1) };
}
