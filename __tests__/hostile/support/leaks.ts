import { inspect } from 'node:util';
import { CANARY, SESAME } from './words.js';

/** A word as it is, in hex, and in base64 at each of the three places where it may begin, without what its neighbours decide. */
function formsOf(word: string): readonly RegExp[] {
  const encoded = ['', 'x', 'xx'].map(before => {
    const text = Buffer.from(before + word).toString('base64');
    return text.slice(before === '' ? 0 : before.length + 1, Math.floor(((before.length + word.length) * 8) / 6));
  });
  return [new RegExp(word, 'i'), new RegExp(Buffer.from(word).toString('hex'), 'i'), ...encoded.map(each => new RegExp(each))];
}

/** What a JWT begins with, and each of its parts that is JSON. */
const JWT = /eyJ[\w-]{20}/;
/** An answer that is one by itself (RFC 9701). */
const SIGNED_ANSWER = /^Content-Type: application\/token-introspection\+jwt\r$/m;
const SECRETS = formsOf(SESAME);
const NEVER = [...SECRETS, JWT];
const NOT_IN_REFUSALS = [...NEVER, ...formsOf(CANARY)];

/** Holds for every answer, whatever it says: no secret, no token. An ETag is a digest, and sooner or later looks like anything. */
export function holdsSecret(text: string): boolean {
  return (SIGNED_ANSWER.test(text) ? SECRETS : NEVER).some(each => each.test(text.replace(/^ETag: .*$/m, '')));
}

/** Holds for what refuses, and for what is logged: not even the id of a token, session or grant. */
export function holdsId(text: string): boolean {
  return NOT_IN_REFUSALS.some(each => each.test(text.replace(/^ETag: .*$/m, '')));
}

/** An error, event or warning in every form in which somebody might log it. */
export function textOf(value: unknown): string {
  const shown = inspect(value, { depth: 8, showHidden: true });
  if (!(value instanceof Error)) return `${shown} ${JSON.stringify(value)}`;
  return `${shown} ${value.cause === undefined ? '' : textOf(value.cause)}`;
}

export interface PrintedOutput {
  readonly texts: readonly string[];
  end(): void;
}

/** Listens to all that this process prints: streams, the console where it does not write to them, warnings. */
export function listenToOutput(): PrintedOutput {
  const texts: string[] = [];
  const swallow = (...values: unknown[]): true => {
    texts.push(values.map(each => (typeof each === 'string' ? each : textOf(each))).join(' '));
    return true;
  };
  const places: readonly (readonly [object, string])[] = [
    ...['log', 'info', 'warn', 'error', 'debug', 'trace'].map(name => [console, name] as const),
    ...[process.stdout, process.stderr].map(stream => [stream, 'write'] as const),
    [process, 'emitWarning'],
  ];
  const before = places.map(([owner, name]) => (owner as Record<string, unknown>)[name]);
  for (const [owner, name] of places) (owner as Record<string, unknown>)[name] = swallow;
  return {
    texts,
    end() {
      for (const [i, [owner, name]] of places.entries()) (owner as Record<string, unknown>)[name] = before[i];
    },
  };
}
