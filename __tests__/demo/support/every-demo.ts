import request, { type Test } from 'supertest';
import { createDemo, type Demo } from '../../../demo-app/app.js';
import { startRedis } from '../../support/redis-server.js';

// Passwords are hashed slowly on purpose, and a test that is given up goes on revoking beneath the next one.

export interface OpenDemo extends Demo {
  readonly close: () => Promise<void>;
}

async function openMemoryDemo(): Promise<OpenDemo> {
  const demo = createDemo();
  await demo.ready();
  return demo;
}

async function openRedisDemo(): Promise<OpenDemo> {
  const redis = await startRedis();
  const demo = createDemo({ redisUrl: redis.url });
  await demo.ready();
  return {
    ...demo,
    close: async () => {
      await demo.close();
      await redis.stop();
    },
  };
}

/** For `describe.each`: the demo promises the same on both. */
export const EVERY_DEMO = [
  { name: 'memory', open: openMemoryDemo },
  { name: 'redis', open: openRedisDemo },
] as const;

export const OAUTH = '/oauth2/default/v1';

/** Where requests go: an application, or the URL of a running one. */
export type Place = Parameters<typeof request>[0];

export const SECRETS = {
  ...{ web: 'web-secret', mobile: 'mobile-secret', api: 'api-secret' },
  ...{ 'partner-key': 'partner-secret', 'merchant-key': 'merchant-secret', 'other-key': 'other-secret' },
} as const;

export type Holder = keyof typeof SECRETS;

export interface Login {
  readonly access: string;
  readonly refresh: string;
}

export function askForTokens(place: Place, client: Holder, form: Readonly<Record<string, string>>): Test {
  return request(place).post(`${OAUTH}/token`).auth(client, SECRETS[client]).type('form').send(form);
}

export async function login(place: Place, user: 'alice' | 'bob' = 'alice', client: 'web' | 'mobile' = 'web', scope?: string): Promise<Login> {
  const form = { grant_type: 'password', username: user, password: `${user}-password`, ...(scope !== undefined && { scope }) };
  const { body } = await askForTokens(place, client, form).expect(200);
  return { access: body.access_token, refresh: body.refresh_token };
}

export function redeem(place: Place, refresh: string, client: 'web' | 'mobile' = 'web'): Test {
  return askForTokens(place, client, { grant_type: 'refresh_token', refresh_token: refresh });
}

export function askToIssue(place: Place, key: Holder, body: object, organisation?: string): Test {
  const path = organisation === undefined ? '/tokens' : `/organisations/${organisation}/tokens`;
  return request(place).post(path).auth(key, SECRETS[key]).send(body);
}

export interface Issued {
  readonly token: string;
  readonly id: string;
}

export async function issue(place: Place, key: Holder, scopes: readonly string[], organisation?: string): Promise<Issued> {
  const { body } = await askToIssue(place, key, { scopes, expiresIn: 600 }, organisation).expect(201);
  return { token: body.accessToken, id: body.id };
}

export function orders(place: Place, token: string): Test {
  return request(place).get('/api/orders').set('Authorization', `Bearer ${token}`);
}

export async function isLive(place: Place, token: string): Promise<boolean> {
  const { status } = await orders(place, token);
  if (status !== 200 && status !== 401) throw new Error(`GET /api/orders answered ${status}.`);
  return status === 200;
}

export function revoke(place: Place, token: string, client: Holder = 'web'): Test {
  return request(place).post(`${OAUTH}/revoke`).auth(client, SECRETS[client]).type('form').send({ token });
}

export function introspect(place: Place, token: string, client: Holder = 'api'): Test {
  return request(place).post(`${OAUTH}/introspect`).auth(client, SECRETS[client]).type('form').send({ token });
}

/** How many live tokens the organisation of this key has had: it revokes them. */
export async function countOf(place: Place, key: Holder): Promise<number> {
  const { body } = await request(place).post('/tokens/revoke').auth(key, SECRETS[key]).expect(200);
  return body.data.revokedTokensCount as number;
}

export interface TokenClaims {
  readonly jti: string;
  readonly iat: number;
  readonly iat_ms: number;
  readonly exp: number;
  readonly sid: string;
  readonly [name: string]: unknown;
}

/** What a token says, unverified. */
export function claimsIn(token: string): TokenClaims {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as TokenClaims;
}
