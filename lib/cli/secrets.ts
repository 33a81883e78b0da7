/** Three parts of base64url, the first of them a JSON object: `{"` is `eyJ`. */
const TOKEN = /\beyJ[\w-]*(?:\.[\w-]*)*/g;

/** What stands between scheme and host of a URL. */
const CREDENTIALS = /(\b[a-z][a-z0-9+.-]*:\/\/)[^/\s'"]*@/gi;

/**
 * Takes out what looks like a token, or like the password in a URL. The argument parser quotes what it does not understand, and somebody
 * in a hurry may have put either in the wrong place.
 */
export function withoutSecrets(text: string): string {
  return text.replaceAll(TOKEN, '[a token]').replaceAll(CREDENTIALS, '$1[credentials]@');
}
