import { createHmac, randomBytes } from 'node:crypto';
import express, { type ErrorRequestHandler } from 'express';
import { expressjwt } from 'express-jwt';
import { createLiveTokens, isRevoked, liveIssuers, memoryStore, type AccessTokenRules, type LiveTokens, type LiveTokensOptions } from 'livetoken';
import { ask } from '../support/guarded-api.js';
import { AUDIENCE, ISSUER } from '../support/issuer.js';
import { namedIssuer } from '../support/named-issuer.js';

const issuer = namedIssuer(ISSUER);
const secret = issuer.publicKey.export({ type: 'spki', format: 'pem' }) as string;

const lives = (options: Partial<LiveTokensOptions> = {}) => createLiveTokens({ store: memoryStore(), maxLifetime: 3600, claims: { organisation: 'org' }, ...options });

function appOf(...[live, rules]: Parameters<typeof isRevoked>) {
  const app = express();
  app.use(expressjwt({ secret, algorithms: ['ES256'], issuer: ISSUER, audience: AUDIENCE, isRevoked: isRevoked(live, rules) }));
  app.use((_req, res) => { res.json('reached'); });
  // As an application would write it, to see what express-jwt makes of the answer.
  const onError: ErrorRequestHandler = (error, _req, res, next) => {
    if (res.headersSent) next(error);
    else res.status(error.status).json(error.code);
  };
  return app.use(onError);
}

async function answer(app: express.Express, token: string): Promise<string> {
  const { status, body } = await ask(app, token);
  return `${status} ${String(body)}`;
}

const headerOf = (header: object, rules?: AccessTokenRules) => answer(appOf(lives(), rules), issuer.token({}, { ...header }));

describe('isRevoked for express-jwt', () => {
  it('F70 says so for what the guard would refuse, and express-jwt answers that the token is revoked', async () => {
    const live = lives();
    const app = appOf(live);
    const token = issuer.token();
    expect(await answer(app, token)).toBe('200 reached');
    await live.revoke({ kind: 'subject', id: 'alice' });
    expect(await answer(app, token)).toBe('401 revoked_token');
  });

  it.each(['rt+jwt', 'logout+jwt', 'secevent+jwt', 'application/logout+jwt', 'token-introspection+jwt', 'anything+jwt'])('F73 refuses what is no access token by its typ: %s', async typ => {
    expect(await headerOf({ typ })).toBe('401 revoked_token');
  });

  it.each(['JWT', 'at+jwt', 'application/at+jwt', undefined])('F73 takes an access token, of typ %s', async typ => {
    expect(await headerOf({ typ })).toBe('200 reached');
  });

  it('F73 F78 takes the rules of the guard', async () => {
    expect(await headerOf({ typ: 'JWT' }, { profile: 'rfc9068' })).toBe('401 revoked_token');
    expect(await headerOf({ typ: 'at+jwt' }, { profile: 'rfc9068' })).toBe('200 reached');
    expect(await answer(appOf(lives()), issuer.token({ cnf: { jkt: 'k' } }))).toBe('401 revoked_token');
    expect(await answer(appOf(lives(), { senderConstrained: 'verified-upstream' }), issuer.token({ cnf: { jkt: 'k' } }))).toBe('200 reached');
  });

  it('F81 hands an outage to the error handler as 503, unless told to let tokens pass', async () => {
    const live = lives();
    const allowed = jest.fn();
    live.on('allowedUnchecked', allowed);
    await live.close();

    expect(await answer(appOf(live), issuer.token())).toBe('503 closed');
    expect(allowed).not.toHaveBeenCalled();
    expect(await answer(appOf(live, { onUnavailable: 'allow' }), issuer.token())).toBe('200 reached');
    expect(allowed).toHaveBeenCalledTimes(1);
  });

  it('hands over what else goes wrong: a mistake in the application is not a revoked token, and opens nothing', async () => {
    const mistake = Object.assign(new Error('tokenUse is broken'), { status: 500, code: 'mistake' });
    const tokenUse = () => {
      throw mistake;
    };
    expect(await answer(appOf(lives({ tokenUse })), issuer.token())).toBe('500 mistake');
  });

  it('F77 refuses an expired token that onExpired lets pass', async () => {
    const now = Math.floor(Date.now() / 1000);
    const app = express();
    const onExpired = jest.fn();
    app.use(expressjwt({ secret, algorithms: ['ES256'], onExpired, isRevoked: isRevoked(lives()) }));
    app.use((_req, res) => { res.json('reached'); });

    expect((await ask(app, issuer.token({ iat: now - 700, exp: now - 100 }))).status).toBe(401);
    expect(onExpired).toHaveBeenCalled();
  });

  it.each(['just text', '"text"', '["jti"]', 'null', '5'])('F78 refuses a payload that holds no claims: %s', async payload => {
    const key = randomBytes(32);
    const input = [JSON.stringify({ alg: 'HS256' }), payload].map(part => Buffer.from(part).toString('base64url')).join('.');
    const token = `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
    const reached = jest.fn();
    const app = express();
    app.use(expressjwt({ secret: key, algorithms: ['HS256'], isRevoked: isRevoked(lives()) }), reached);

    expect((await ask(app, token)).status).toBe(401);
    expect(reached).not.toHaveBeenCalled();
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['without anything', {}],
    ['without a payload', { header: {} }],
  ])('F78 refuses a token that was not taken apart: %s', async (_, token) => {
    expect(await isRevoked(lives())({}, token as never)).toBe(true);
  });

  it('F75 asks the issuer that the token names, where there are several', async () => {
    const [ofA, ofB] = [lives(), lives()];
    const app = appOf(liveIssuers({ [ISSUER]: ofA, 'https://b.example': ofB }));
    await ofB.revoke({ kind: 'all' });
    expect(await answer(app, issuer.token())).toBe('200 reached');
    await ofA.revoke({ kind: 'session', id: 'session-1' });
    expect(await answer(app, issuer.token())).toBe('401 revoked_token');
    expect(await answer(appOf(liveIssuers({ 'https://b.example': ofB })), issuer.token())).toBe('401 revoked_token');
  });
});

describe('isRevoked refuses', () => {
  it.each([undefined, null, {}, 'live', memoryStore()].map(live => [live]))('what cannot judge: %p', live => {
    expect(() => isRevoked(live as LiveTokens)).toThrow(/^The first argument of isRevoked is .+; give what createLiveTokens\(\{ \.\.\. \}\) or liveIssuers\(\{ \.\.\. \}\) answers\.$/);
  });

  it('options that it does not have, and values that they do not take', () => {
    expect(() => isRevoked(lives(), { scope: 'orders:read' } as never)).toThrow(/^isRevoked has no option scope; its options are profile, /);
    expect(() => isRevoked(lives(), { onUnavailable: 'pass' as never })).toThrow(/^onUnavailable is a string; give 'deny' or 'allow'\.$/);
  });
});
