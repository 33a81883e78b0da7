import { badOption } from '../../option-checks.js';

const ISSUER = 'an https URL without query and fragment, such as https://as.example/tenant (RFC 8414 section 2)';

/**
 * An issuer identifier, to the letter: whoever compares it compares strings. Plain http is for `localhost` alone.
 *
 * @throws TypeError
 */
export function parseIssuer(option: string, given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== 'string' || !isPlainUrl(given)) throw badOption(option, given, ISSUER);
  return given;
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** A URL that says where something is, and nothing else: no query, fragment or credentials, not even empty ones. */
export function isPlainUrl(text: string): boolean {
  if (!/^[!-~]+$/.test(text) || /[?#@\\]/.test(text) || !URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}
