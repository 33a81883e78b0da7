import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { jwtVerifier, type Claims, type VerifyToken } from 'livetoken';

/** An issuer of test tokens, with a key of its own. */
export interface TestIssuer {
  readonly verify: VerifyToken;
  /** Complete claims of an access token of alice, in organisation `org-a`, with overrides; `undefined` takes a claim away. */
  claims(overrides?: Readonly<Record<string, unknown>>): Claims;
  /** Signs claims as they are. */
  sign(claims: Claims, header?: Readonly<Record<string, unknown>>): string;
  /** Both at once. */
  token(overrides?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): string;
}

export const ISSUER = 'https://issuer.test';
export const AUDIENCE = 'https://api.test';

export function createIssuer(): TestIssuer {
  const secret = randomBytes(48).toString('base64url');
  const verify = jwtVerifier({ key: secret, algorithms: ['HS256'], issuer: ISSUER, audience: AUDIENCE });
  const claims: TestIssuer['claims'] = (overrides = {}) => {
    const iat = Math.floor(Date.now() / 1000);
    const all: Readonly<Record<string, unknown>> = {
      ...{ iss: ISSUER, aud: AUDIENCE, iat, exp: iat + 600, jti: randomUUID() },
      ...{ sub: 'alice', sid: 'session-1', grant_id: 'grant-1', client_id: 'web', org: 'org-a', scope: 'orders:read' },
      ...overrides,
    };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  };
  // By hand: a library would add an iat that was left out, and refuse to sign what no issuer should.
  const sign: TestIssuer['sign'] = (payload, header = {}) => {
    const parts = [{ alg: 'HS256', typ: 'JWT', ...header }, payload].map(part => Buffer.from(JSON.stringify(part)).toString('base64url'));
    const input = parts.join('.');
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  };
  return { verify, claims, sign, token: (overrides, header) => sign(claims(overrides), header) };
}

/** A refresh token as this issuer marks it. */
export const REFRESH = { token_use: 'refresh' } as const;
