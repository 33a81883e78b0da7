import { createHmac, generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto';
import { jwtVerifier, type VerifyToken } from 'livetoken';
import { CANARY, SESAME } from './words.js';

export const ISSUER = 'https://issuer.test';
export const AUDIENCE = 'https://api.test';
export const AUTHORISATION_SERVER = 'https://auth.test';
export const LIFETIME_S = 7200;

const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64url');

/**
 * An issuer that signs with a shared secret and publishes an RSA key as well: everything that could be confused is there to be
 * confused. Signs texts, so that nobody corrects them on the way.
 */
export class Keys {
  readonly #secret = `${SESAME}-${randomBytes(32).toString('hex')}`;
  readonly #rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly verify: VerifyToken = jwtVerifier({
    keys: { shared: this.#secret, published: this.#rsa.publicKey },
    algorithms: ['HS256', 'RS256'],
    issuer: ISSUER,
    audience: AUDIENCE,
  });
  /** Signs what is asked as a JWT, too: an answer is no token, whoever shares the key. */
  readonly privateKey = this.#rsa.privateKey;
  readonly publicPem = this.#rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  readonly publicDer = this.#rsa.publicKey.export({ type: 'spki', format: 'der' });
  readonly strangersJwk = { ...this.#stranger.publicKey.export({ format: 'jwk' }), kid: 'published', alg: 'RS256' };

  /** Good signatures. */
  hs256 = (header: string, payload: string): string => hmac('sha256', this.#secret, header, payload);
  hs512 = (header: string, payload: string): string => hmac('sha512', this.#secret, header, payload);
  rs256 = (header: string, payload: string): string => rsa(header, payload, this.#rsa.privateKey);
  /** By a key of somebody else's. */
  strangers = (header: string, payload: string): string => rsa(header, payload, this.#stranger.privateKey);
}

export function hmac(hash: string, key: string | Buffer, header: string, payload: string): string {
  const input = `${base64(header)}.${base64(payload)}`;
  return `${input}.${createHmac(hash, key).update(input).digest('base64url')}`;
}

function rsa(header: string, payload: string, key: Parameters<typeof sign>[2]): string {
  const input = `${base64(header)}.${base64(payload)}`;
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}

export type Claims = Readonly<Record<string, unknown>>;

/** Complete claims. The exact issue time lets a token live that is issued right after a revocation of all that it falls under. */
export function claimsOf(overrides: Claims): Claims {
  const nowMs = Date.now() + 1;
  const iat = Math.floor(nowMs / 1000);
  const id = (what: string): string => `${CANARY}-${what}-${randomUUID()}`;
  return {
    ...{ iss: ISSUER, aud: AUDIENCE, iat, iat_ms: nowMs, exp: iat + LIFETIME_S, jti: id('jti'), sid: id('sid'), grant_id: id('grant') },
    ...overrides,
  };
}

/** What nobody but its owner may touch: the targets of the victims' tokens. */
export const VICTIMS: readonly Claims[] = [
  { sub: 'alice', org: 'shop', orgs: ['bank'], client_id: 'web', scope: 'orders:read', jti: `${CANARY}-victim`, sid: `${CANARY}-victim-sid`, grant_id: `${CANARY}-victim-grant` },
  { sub: 'alice', org: 'shop', client_id: 'web', token_use: 'refresh', jti: `${CANARY}-refresh`, sid: `${CANARY}-victim-sid`, grant_id: `${CANARY}-victim-grant` },
  { sub: 'bob', org: 'bank', client_id: 'mobile', scope: 'admin bankadmin introspect', jti: `${CANARY}-bank`, sid: `${CANARY}-bank-sid`, grant_id: `${CANARY}-bank-grant` },
];

/** What tokens claim that are to be refused: had one been believed, it would show in the audit log. */
export const FORGED: Claims = {
  ...{ sub: 'alice', org: 'shop', client_id: 'mallory', scope: 'admin bankadmin introspect orders:read' },
  ...{ jti: `${CANARY}-forged`, sid: `${CANARY}-forged-sid`, grant_id: `${CANARY}-forged-grant` },
};

/** What attackers, who are customers too, have been given: good tokens, in organisations of their own, some below the rival. */
export const OWN: readonly Claims[] = [
  { sub: 'eve', org: 'own-1', client_id: 'mallory', scope: 'admin orders:read' },
  { sub: 'eve', org: 'own-2', client_id: 'mallory', scope: 'bankadmin orders:read' },
  { sub: 'oscar', org: 'own-3', client_id: 'mallory', scope: 'introspect orders:read' },
  { sub: 'oscar', org: 'own-4', client_id: 'spa', scope: 'orders:read' },
  { sub: 'trudy', org: 'outlet', client_id: 'mallory', scope: 'orders:read' },
  { sub: 'trudy', org: 'outlet', client_id: 'spa', token_use: 'refresh' },
  { sub: 'trudy', org: 'rival', client_id: 'mallory', token_use: 'refresh' },
  { sub: 'walter', org: 'rival', client_id: 'mallory', scope: 'orders:read admin' },
  ...[1, 2, 3, 4].map(number => ({ sub: `clerk-${number}`, org: `stand-${number}`, client_id: 'mallory', scope: 'orders:read' })),
];

export const CLIENTS = [
  { id: 'web', secret: `${SESAME}-web` },
  { id: 'mallory', secret: `${SESAME}-mallory` },
  { id: 'spa', public: true },
  { id: 'resource-server', secret: `${SESAME}-api`, mayIntrospect: true },
] as const;

export const API_KEYS = [
  { id: 'bank-key', secret: `${SESAME}-bank`, organisation: 'bank', level: 'partner' },
  { id: 'shop-key', secret: `${SESAME}-shop`, organisation: 'shop', level: 'merchant' },
  { id: 'rival-key', secret: `${SESAME}-rival`, organisation: 'rival', level: 'partner' },
  { id: 'outlet-key', secret: `${SESAME}-outlet`, organisation: 'outlet', level: 'merchant' },
] as const;

export const parentOf = (organisation: string): string | undefined => (organisation.startsWith('stand-') ? 'rival' : PARENTS.get(organisation));
const PARENTS = new Map([['shop', 'bank'], ['outlet', 'rival']]);
