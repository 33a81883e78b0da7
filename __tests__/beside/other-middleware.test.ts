import type express5 from 'express';
import type { RequestHandler } from 'express';
import { expressjwt } from 'express-jwt';
import { auth, type AuthResult } from 'express-oauth2-jwt-bearer';
import { Passport } from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { createLiveTokens, isRevoked, requireLiveToken, type LiveTokens, type RevocationStore, type Target } from 'livetoken';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { EVERY_STORE, onStore } from '../support/every-store.js';
import { ask } from '../support/guarded-api.js';
import { AUDIENCE, ISSUER } from '../support/issuer.js';
import { killableStore } from '../support/killable-store.js';
import { namedIssuer } from '../support/named-issuer.js';

const issuer = namedIssuer(ISSUER);
const pem = issuer.publicKey.export({ type: 'spki', format: 'pem' }) as string;

/** Without `verify`: the other middleware does that. */
const livesOn = (store: RevocationStore) => createLiveTokens({ store, maxLifetime: 3600, claims: { organisation: 'org' } });

/** An application that verifies its tokens with something else, and what its routes find on the request. */
interface Beside {
  readonly name: string;
  readonly middleware: (live: LiveTokens) => readonly RequestHandler[];
  readonly finds: (payload: object, token: string) => object;
}

const expressJwt = { secret: pem, algorithms: ['ES256' as const], issuer: ISSUER, audience: AUDIENCE };

function passportJwt(): RequestHandler {
  const passport = new Passport();
  const options = { secretOrKey: pem, algorithms: ['ES256' as const], issuer: ISSUER, audience: AUDIENCE, jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken() };
  passport.use(new Strategy(options, (payload: object, done) => { done(null, payload); }));
  return passport.authenticate('jwt', { session: false }) as RequestHandler;
}

const BESIDE: readonly Beside[] = [
  {
    name: 'express-jwt, then the guard',
    middleware: live => [expressjwt(expressJwt), requireLiveToken(live, { claimsFrom: req => req.auth })],
    finds: payload => ({ auth: payload }),
  },
  {
    name: 'express-jwt with isRevoked',
    middleware: live => [expressjwt({ ...expressJwt, isRevoked: isRevoked(live) })],
    finds: payload => ({ auth: payload }),
  },
  {
    name: 'express-oauth2-jwt-bearer, then the guard',
    middleware: live => [
      auth({ issuer: ISSUER, audience: AUDIENCE, publicKey: pem, tokenSigningAlg: 'ES256' }),
      // Both declarations of `req.auth` are in force here; an application has one, see types.test.ts.
      requireLiveToken(live, { claimsFrom: req => (req.auth as AuthResult | undefined)?.payload }),
    ],
    finds: (payload, token) => ({ auth: { header: { alg: 'ES256', typ: 'JWT', kid: 'key-1' }, payload, token } }),
  },
  {
    name: 'passport-jwt, then the guard',
    middleware: live => [passportJwt(), requireLiveToken(live, { claimsFrom: req => req.user })],
    finds: payload => ({ user: payload, auth: { claims: payload } }),
  },
];

function appOf({ middleware }: Beside, live: LiveTokens, express: typeof express5) {
  const app = express();
  for (const each of middleware(live)) app.use(each);
  return app.use((req, res) => {
    res.json({ auth: req.auth, user: req.user });
  });
}

const CASES = BESIDE.flatMap(beside => EVERY_EXPRESS.flatMap(({ name: version, express }) => EVERY_STORE.map(({ name: store, open }) => ({ ...beside, beside, version, express, store, open }))));

describe.each(CASES)('$name, on $version and the $store store', ({ beside, express, open, finds }) => {
  let live: LiveTokens;
  onStore(open, ({ store }) => { live = livesOn(store); });

  const answer = (token?: string) => ask(appOf(beside, live, express), token);
  const status = async (overrides: object) => (await answer(issuer.token({ ...overrides }))).status;

  it('F64 a live token opens the route, which finds what it has always found', async () => {
    const claims = issuer.claims();
    const token = issuer.token(claims);
    const { status, body } = await answer(token);
    expect([status, body]).toEqual([200, finds(claims, token)]);
  });

  it.each<Target>([
    { kind: 'token', id: 'jti-1', organisation: 'org-a' },
    { kind: 'session', id: 'session-1' },
    { kind: 'subject', id: 'alice' },
    { kind: 'organisation', id: 'org-a' },
  ])('F70 F80 a token is refused once what it falls under is revoked: $kind', async target => {
    const token = issuer.token();
    expect((await answer(token)).status).toBe(200);
    await live.revoke(target);
    expect((await answer(token)).status).toBe(401);
    expect(await status({ jti: 'jti-2', sid: 'session-2', sub: 'bob', org: 'org-b' })).toBe(200);
  });

  const now = Math.floor(Date.now() / 1000);
  it.each<[string, object]>([
    ['that has no id', { jti: undefined }],
    ['that does not say when it was issued', { iat: undefined }],
    ['that names no organisation', { org: undefined }],
    ['that lives too long', { exp: now + 7200 }],
    ['that is an ID token', { nonce: 'n' }],
    ['that is a logout token', { events: {} }],
    ['that is a refresh token', { token_use: 'refresh' }],
    ['that is bound to a key', { cnf: { jkt: 'k' } }],
  ])('F73 F78 F82 a token %s is refused', async (_, overrides) => {
    expect(await status(overrides)).toBe(401);
  });

  it('F64 F74 F76 F77 what the other middleware refuses is refused', async () => {
    expect((await answer()).status).toBe(401);
    expect((await answer(namedIssuer(ISSUER).token())).status).toBe(401);
    expect(await status({ aud: 'https://other.test' })).toBe(401);
    expect(await status({ iss: 'https://other.test' })).toBe(401);
    expect(await status({ iat: now - 700, exp: now - 100 })).toBe(401);
  });

  it('F81 while nobody can tell, the answer is 503 with Retry-After, and 401 where no store is needed to refuse', async () => {
    await live.close();
    const { status: whenClosed, headers, body } = await answer(issuer.token());
    expect([whenClosed, headers['retry-after'], 'auth' in body]).toEqual([503, '1', false]);
    expect(await status({ jti: undefined })).toBe(401);
  });
});

describe.each(BESIDE)('$name, on a Redis that dies', beside => {
  it.each(EVERY_EXPRESS)('F81 tokens are answered 503, live and revoked, on $name', async ({ express }) => {
    const { redis, open } = await killableStore();
    const { store, close } = await open();
    const live = livesOn(store);
    const [good, revoked] = [issuer.token(), issuer.token({ sid: 'session-2' })];
    await live.revoke({ kind: 'session', id: 'session-2' });
    const statuses = async () => [(await ask(appOf(beside, live, express), good)).status, (await ask(appOf(beside, live, express), revoked)).status];
    expect(await statuses()).toEqual([200, 401]);

    await redis.kill();

    expect(await statuses()).toEqual([503, 503]);
    await close();
  });
});
