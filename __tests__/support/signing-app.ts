import { generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express5, { type Express } from 'express';
import jwt from 'jsonwebtoken';
import request, { type Response, type Test } from 'supertest';
import {
  createLiveTokens,
  jwtVerifier,
  memoryStore,
  requireLiveToken,
  revocationRouter,
  type Claims,
  type LiveTokens,
  type OAuthClient,
  type OAuthOptions,
} from 'livetoken';
import { endServer } from './end-server.js';
import { basic } from './oauth-app.js';

export const AS = 'https://as.example/tenant';

/** The media type of a signed introspection. */
export const SIGNED = 'application/token-introspection+jwt';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** The issuer's keys: RS256 signs its access tokens too. */
export const KEYS = { RS256: rsa, ES256: ec } as const;

export const SIGNING = [
  { key: rsa.privateKey, kid: 'rsa-1' },
  { key: ec.privateKey, kid: 'ec-1', algorithm: 'ES256' },
] as const satisfies OAuthOptions['introspectionSigning'];

/** `web` is the client that the tokens are for, unless they say otherwise. */
export const WEB = { id: 'web', secret: 'web-secret' } as const;
export const API = { id: 'api', secret: 'api-secret', mayIntrospect: true } as const;
export const ELLIPTIC = { id: 'elliptic', secret: 'elliptic-secret', mayIntrospect: true, introspectionSignedResponseAlg: 'ES256' } as const;
const CLIENTS: readonly OAuthClient[] = [WEB, API, ELLIPTIC, { id: 'spa', public: true }];

export interface SigningApp {
  readonly live: LiveTokens;
  readonly server: Server;
  claims(overrides?: Claims): Claims;
  /** Signed as access tokens are, with any header. */
  sign(claims: Claims, header?: Readonly<Record<string, unknown>>): string;
  /** Form to a path; `authorization` may be a client. */
  post(path: string, form: Readonly<Record<string, string>>, authorization?: string | Readonly<{ id: string; secret: string }>): Test;
  /** POST /introspect, asking for a JWT. */
  introspect(client: string | Readonly<{ id: string; secret: string }>, token: string, accept?: string): Test;
  /** Status of a guarded route. */
  guarded(token: string): Promise<number>;
}

const opened: (() => Promise<void>)[] = [];

/** For `afterEach`. */
export async function closeSigningApps(): Promise<void> {
  for (const close of opened.splice(0)) await close();
}

/** The OAuth endpoints at the root and a guarded /api; tokens and introspections are signed with the same key. */
export async function openSigningApp(oauth: Partial<OAuthOptions> = {}, express = express5, configure?: (app: Express) => void): Promise<SigningApp> {
  const verify = jwtVerifier({ key: rsa.publicKey, algorithms: ['RS256'], issuer: AS, allowAnyAudience: true });
  const live = createLiveTokens({ store: memoryStore(), verify, maxLifetime: 86_400 });
  const app = express();
  app.use(revocationRouter(live, { oauth: { clients: CLIENTS, issuer: AS, introspectionSigning: SIGNING, ...oauth } }));
  app.use('/api', requireLiveToken(live), (_req, res) => void res.json({ in: true }));
  configure?.(app);
  const server = createServer(app);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  opened.push(async () => {
    await endServer(server);
    await live.close();
  });
  return { live, server, sign, claims, ...asking(server) };
}

function claims(overrides: Claims = {}): Claims {
  const iat = Math.floor(Date.now() / 1000);
  return { iss: AS, iat, exp: iat + 600, jti: randomUUID(), sub: 'alice', client_id: 'web', scope: 'orders:read', ...overrides };
}

function sign(payload: Claims, header: Readonly<Record<string, unknown>> = {}): string {
  return jwt.sign({ ...payload }, rsa.privateKey, { algorithm: 'RS256', header: { alg: 'RS256', typ: 'at+jwt', ...header } });
}

function asking(server: Server): Pick<SigningApp, 'post' | 'introspect' | 'guarded'> {
  const post: SigningApp['post'] = (path, form, authorization) => {
    const asked = request(server).post(path).type('form').send({ ...form });
    if (authorization === undefined) return asked;
    return asked.set('Authorization', typeof authorization === 'string' ? authorization : basic(authorization));
  };
  return {
    post,
    introspect: (client, token, accept = SIGNED) => post('/introspect', { token }, client).set('Accept', accept).buffer(true).parse(asText),
    guarded: async token => (await request(server).get('/api').set('Authorization', `Bearer ${token}`)).status,
  };
}

/** superagent knows nothing of the type, and would take it for bytes. */
function asText(answer: Response, done: (error: Error | null, body: unknown) => void): void {
  let text = '';
  const stream = answer as unknown as NodeJS.ReadableStream;
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => (text += chunk)).on('end', () => { done(null, text); });
}

/** Takes a signed introspection apart, checking its signature. */
export function unsealed(text: string, key: KeyObject): { header: Claims; payload: Claims } {
  const { header, payload } = jwt.verify(text, key, { complete: true, algorithms: ['RS256', 'ES256', 'PS256'] });
  return { header: { ...header }, payload: payload as Claims };
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
