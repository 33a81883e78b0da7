import { createHmac, createPrivateKey, generateKeyPairSync, randomBytes, randomInt, randomUUID, sign, type KeyObject } from 'node:crypto';

export type Algorithm = 'RS256' | 'HS256';

export const ISSUER = 'https://id.example.com/';
export const AUDIENCE = 'https://api.example.com/';

/** Longer than any run: tokens must not expire in the middle of it. */
export const MAX_LIFETIME_S = 86_400;

/** What whoever checks tokens is told. */
export interface CheckingKey {
  readonly algorithm: Algorithm;
  /** Public key in PEM, or secret. */
  readonly text: string;
}

export interface IssuedToken {
  readonly token: string;
  readonly jti: string;
  readonly organisation: string;
}

/** Issues tokens such as a product of some size does: 1,000 users in 50 organisations, 5 clients. */
export class Issuer {
  readonly key: CheckingKey;
  readonly #signing: KeyObject | string;

  constructor(algorithm: Algorithm) {
    if (algorithm === 'HS256') {
      this.#signing = randomBytes(48).toString('base64url');
      this.key = { algorithm, text: this.#signing };
      return;
    }
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    this.#signing = createPrivateKey(privateKey);
    this.key = { algorithm, text: publicKey };
  }

  issue(overrides: Readonly<Record<string, unknown>> = {}): IssuedToken {
    const claims = { ...randomClaims(), ...overrides };
    const head = Buffer.from(JSON.stringify({ alg: this.key.algorithm, typ: 'JWT', kid: '2026-01' })).toString('base64url');
    const input = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
    return { token: `${input}.${this.#signature(input).toString('base64url')}`, jti: claims.jti, organisation: claims.org };
  }

  pool(size: number): readonly IssuedToken[] {
    return Array.from({ length: size }, () => this.issue());
  }

  #signature(input: string): Buffer {
    const signing = this.#signing;
    if (typeof signing === 'string') return createHmac('sha256', signing).update(input).digest();
    return sign('sha256', Buffer.from(input), signing);
  }
}

function randomClaims() {
  const iat = Math.floor(Date.now() / 1000) - randomInt(60, 600);
  return {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: `auth|${randomInt(1000).toString().padStart(24, '0')}`,
    sid: randomUUID(),
    grant_id: randomUUID(),
    client_id: `client-${randomInt(5)}`,
    org: `org-${randomInt(50)}`,
    jti: randomUUID(),
    iat,
    exp: iat + MAX_LIFETIME_S,
    scope: 'openid profile orders:read orders:write',
  };
}
