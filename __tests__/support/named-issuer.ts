import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { jwtVerifier, type Claims, type VerifyToken } from 'livetoken';
import { AUDIENCE } from './issuer.js';

type Members = Readonly<Record<string, unknown>>;

/** An issuer with a name and an ES256 key of its own. All of them call their key `key-1`, and people and things the same. */
export interface NamedIssuer {
  readonly iss: string;
  readonly publicKey: KeyObject;
  readonly verify: VerifyToken;
  /** Complete claims of an access token with overrides; `undefined` takes a claim away. */
  claims(overrides?: Members): Claims;
  /** The same, signed. */
  token(overrides?: Members, header?: Members): string;
}

/** What tokens of all issuers have in common, down to their ids. */
export const SAME_IDS = { jti: 'jti-1', sub: 'alice', sid: 'session-1', grant_id: 'grant-1', client_id: 'web', org: 'org-a' } as const;

export function namedIssuer(iss: string): NamedIssuer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const claims: NamedIssuer['claims'] = (overrides = {}) => {
    const iat = Math.floor(Date.now() / 1000);
    const all: Members = { iss, aud: AUDIENCE, iat, exp: iat + 600, ...SAME_IDS, ...overrides };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  };
  const signed = (payload: unknown, header: Members): string => {
    const parts = [{ alg: 'ES256', typ: 'JWT', kid: 'key-1', ...header }, payload];
    const input = parts.map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  };
  return {
    ...{ iss, publicKey, claims },
    verify: jwtVerifier({ keys: { 'key-1': publicKey }, algorithms: ['ES256'], issuer: iss, audience: AUDIENCE }),
    token: (overrides, header = {}) => signed(claims(overrides), header),
  };
}
