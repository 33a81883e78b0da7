import { createHmac } from 'node:crypto';
import { InvalidTokenError, type Claims } from 'livetoken';
import { watchedVerifier, type WatchedVerifier } from './watched-verifier.js';

/** An issuer with several keys, of which one is good at a time. It judges signatures only: times are for the library to judge. */
export interface KeyedIssuer {
  readonly watched: WatchedVerifier;
  readonly currentKey: number;
  sign(claims: Claims, key: number): string;
  /** From now on only this key is good. */
  changeTo(key: number): void;
}

const HEADER = encoded({ alg: 'HS256', typ: 'JWT' });

export function keyedIssuer(): KeyedIssuer {
  let current = 0;
  const watched = watchedVerifier(async token => {
    const [header = '', payload = '', signature] = token.split('.');
    if (signature !== signatureOf(`${header}.${payload}`, current)) throw new InvalidTokenError('bad_signature');
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
  }, 1);
  return {
    watched,
    get currentKey() {
      return current;
    },
    sign(claims, key) {
      const input = `${HEADER}.${encoded(claims)}`;
      return `${input}.${signatureOf(input, key)}`;
    },
    changeTo(key) {
      current = key;
      watched.keysVersion = (watched.keysVersion ?? 0) + 1;
    },
  };
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function signatureOf(input: string, key: number): string {
  return createHmac('sha256', `key ${key}`).update(input).digest('base64url');
}
