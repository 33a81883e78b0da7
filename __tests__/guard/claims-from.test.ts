import type { ErrorRequestHandler, RequestHandler } from 'express';
import request from 'supertest';
import { createLiveTokens, memoryStore, requireLiveToken, type Claims, type GuardOptions, type LiveAuth, type LiveTokens } from 'livetoken';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { EVERY_STORE, onStore } from '../support/every-store.js';
import { apiBehind, ask, CHALLENGE, guardedApi, liveTokens, outcome } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';

const issuer = createIssuer();

/** What an application that verifies tokens by itself has no need to give. */
const withoutVerify = () => createLiveTokens({ store: memoryStore(), maxLifetime: 3600, claims: { organisation: 'org' } });

/** A guard that is handed these claims. */
function answer(claims: unknown, options: GuardOptions = {}, live = withoutVerify()): Promise<string> {
  return outcome(ask(guardedApi(live, { claimsFrom: () => claims as Claims, exposeReason: true, ...options })));
}

describe.each(EVERY_STORE)('claims that other middleware has verified, on the $name store', ({ open }) => {
  let live: LiveTokens;
  onStore(open, ({ store }) => { live = liveTokens(store, issuer); });

  it('F70 F80 open the route while their token is live, and not once it is revoked', async () => {
    const claims = issuer.claims();
    expect(await answer(claims, {}, live)).toBe('200');

    await live.revoke({ kind: 'token', id: claims['jti'] as string, organisation: 'org-a' });

    expect(await answer(claims, {}, live)).toBe('401 revoked');
  });

  it.each([{ kind: 'subject', id: 'alice' }, { kind: 'session', id: 'session-1' }, { kind: 'organisation', id: 'org-a' }] as const)(
    'F70 F80 are refused once what they fall under is revoked: $kind',
    async target => {
      const claims = issuer.claims();
      await live.revoke(target);

      expect(await answer(claims, {}, live)).toBe('401 revoked');
    },
  );

  it('F80 of the second of an epoch are refused', async () => {
    const iat = Math.floor(Date.now() / 1000) - 10;
    await live.revoke({ kind: 'subject', id: 'alice' }, { issuedBefore: iat * 1000 });

    expect(await answer(issuer.claims({ iat }), {}, live)).toBe('401 revoked');
    expect(await answer(issuer.claims({ iat: iat + 1 }), {}, live)).toBe('200');
  });
});

describe('claims that other middleware has verified', () => {
  const now = Math.floor(Date.now() / 1000);

  it.each<[string, object]>([
    ['expired', { iat: now - 700, exp: now - 100 }],
    ['not_yet_valid', { nbf: now + 60 }],
    ['issued_in_future', { iat: now + 60 }],
    ['lifetime_too_long', { exp: now + 7200 }],
    ['malformed', { exp: undefined }],
    ['malformed', { iat: undefined }],
    ['malformed', { exp: String(now + 600) }],
    ['unrevocable', { jti: undefined }],
    ['unrevocable', { org: undefined }],
    ['not_an_access_token', { nonce: 'n' }],
    ['not_an_access_token', { events: {} }],
    ['not_an_access_token', { token_use: 'refresh' }],
    ['sender_constrained', { cnf: { jkt: 'k' } }],
  ])('F73 F77 F78 F82 are judged all the same: %s for %j', async (reason, overrides) => {
    expect(await answer(issuer.claims({ ...overrides }))).toBe(`401 ${reason}`);
  });

  class Payload {
    readonly jti = 'jti-1';
  }
  const noClaims = [null, 'text', 5, true, [], ['jti'], new Payload(), new Map(), Promise.resolve(issuer.claims()), () => issuer.claims()];
  it.each(noClaims.map(claims => [claims]))('F78 are refused where they are no plain object: %p', async claims => {
    expect(await answer(claims)).toBe('401 malformed');
  });

  it('F64 may be missing: 401 then, or let pass where that is optional', async () => {
    const api = guardedApi(withoutVerify(), { claimsFrom: () => undefined });

    expect((await ask(api)).headers['www-authenticate']).toBe(CHALLENGE.none);
    expect(await answer(undefined, { optional: true })).toBe('200');
    expect(await answer(null, { optional: true })).toBe('401 malformed');
  });

  it('F71 need the scopes of the route', async () => {
    expect(await answer(issuer.claims(), { scope: 'orders:read' })).toBe('200');
    expect(await answer(issuer.claims(), { scope: 'orders:write' })).toBe('403 insufficient_scope');
  });

  it('F81 are answered 503 where nobody can tell whether they were revoked', async () => {
    const live = withoutVerify();
    await live.close();

    expect(await answer(issuer.claims(), {}, live)).toBe('503 temporarily_unavailable');
    expect(await answer(issuer.claims(), { onUnavailable: 'allow' }, live)).toBe('200');
    expect(await answer(issuer.claims({ exp: now - 100, iat: now - 200 }), { onUnavailable: 'allow' }, live)).toBe('401 expired');
  });

  it('F64 stand in for a token: the one in the header is not looked at, since something else has', async () => {
    const api = guardedApi(withoutVerify(), { claimsFrom: () => issuer.claims() });

    expect((await ask(api, 'not.even.one')).status).toBe(200);
    expect((await request(api).get('/?access_token=x')).status).toBe(200);
  });
});

describe.each(EVERY_EXPRESS)('req.auth, on $name', ({ express }) => {
  const claims = issuer.claims();
  const claimsFrom: GuardOptions['claimsFrom'] = req => (req as unknown as { verified?: Claims }).verified;
  const verifier: RequestHandler = (req, _res, next) => {
    Object.assign(req, { verified: claims });
    next();
  };
  const behind = (...before: RequestHandler[]) => apiBehind([...before, requireLiveToken(withoutVerify(), { claimsFrom })], express);

  it('F64 holds the claims, without a token that nobody handed over', async () => {
    expect((await ask(behind(verifier), 'x')).body).toEqual({ auth: { claims } });
  });

  it('F64 stays as the other middleware left it', async () => {
    const theirs = { payload: claims, header: { typ: 'at+jwt' }, token: 'x' };
    const setsAuth: RequestHandler = (req, _res, next) => {
      req.auth = theirs as unknown as LiveAuth;
      next();
    };

    expect((await ask(behind(verifier, setsAuth))).body).toEqual({ auth: theirs });
  });

  it('F64 is replaced where the guard has verified a token itself', async () => {
    const token = issuer.token();
    const spoofed: RequestHandler = (req, _res, next) => {
      req.auth = { claims: { sub: 'mallory' } };
      next();
    };
    const api = apiBehind([spoofed, requireLiveToken(liveTokens(memoryStore(), issuer))], express);

    expect((await ask(api, token)).body.auth).toMatchObject({ token, claims: { sub: 'alice' } });
  });

  it('F64 gets what claimsFrom throws to the error handler of the application, and the route is not reached', async () => {
    const app = express();
    const reached = jest.fn();
    const mistake = new Error('claimsFrom is broken');
    const seen: unknown[] = [];
    const onError: ErrorRequestHandler = (error, _req, res, next) => {
      seen.push(error);
      if (res.headersSent) next(error);
      else res.sendStatus(500);
    };
    const claimsFrom = () => {
      throw mistake;
    };
    app.use(requireLiveToken(withoutVerify(), { claimsFrom }), reached);
    app.use(onError);

    expect((await ask(app)).status).toBe(500);
    expect(reached).not.toHaveBeenCalled();
    expect(seen).toEqual([mistake]);
  });
});
