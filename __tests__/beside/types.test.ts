import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { application, type Application } from './support/application.js';

const run = promisify(execFile);

let app: Application;
beforeAll(async () => { app = await application(); });
afterAll(() => app.remove());

const ALONE = `
import express from 'express';
import { createLiveTokens, memoryStore, requireLiveToken, type Claims, type LiveRequest } from 'livetoken';

const live = createLiveTokens({ store: memoryStore(), maxLifetime: 3600, verify: async () => ({}) });
const app = express();
app.use(requireLiveToken(live));
`;

const USES_REQ_AUTH = `
app.get('/me', (req, res) => {
  const claims: Claims | undefined = req.auth?.claims;
  const token: string | undefined = req.auth?.token;
  res.json({ claims, token });
});
`;

const SETUP = `
import express from 'express';
import { createLiveTokens, isRevoked, memoryStore, requireLiveToken } from 'livetoken';

const live = createLiveTokens({ store: memoryStore(), maxLifetime: 3600 });
const app = express();
`;

const BESIDE = {
  'express-oauth2-jwt-bearer': `
import { auth, type AuthResult } from 'express-oauth2-jwt-bearer';
${SETUP}
app.use(auth({ issuer: 'https://id.example', audience: 'https://api.example', secret: 's', tokenSigningAlg: 'HS256' }));
app.use(requireLiveToken(live, { claimsFrom: req => req.auth?.payload }));
app.get('/me', (req, res) => {
  const theirs: AuthResult | undefined = req.auth;
  res.json(theirs?.payload.sub);
});
`,
  'express-jwt': `
import { expressjwt, type Request as JWTRequest } from 'express-jwt';
${SETUP}
app.use(expressjwt({ secret: 's', algorithms: ['HS256'] }));
app.use(requireLiveToken(live, { claimsFrom: (req: JWTRequest) => req.auth }));
app.get('/me', (req: JWTRequest, res) => { res.json(req.auth?.sub); });
`,
  'express-jwt with isRevoked': `
import { expressjwt, type Request as JWTRequest } from 'express-jwt';
${SETUP}
app.use(expressjwt({ secret: 's', algorithms: ['HS256'], isRevoked: isRevoked(live) }));
app.get('/me', (req: JWTRequest, res) => { res.json(req.auth?.sub); });
`,
  'passport-jwt': `
import passport from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
${SETUP}
passport.use(new Strategy({ secretOrKey: 's', jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken() }, (payload, done) => { done(null, payload); }));
app.use(passport.authenticate('jwt', { session: false }), requireLiveToken(live, { claimsFrom: req => req.user }));
`,
} as const;

describe('The types of the package as it is published', () => {
  const withImport = `import 'livetoken/req-auth';\n${ALONE}${USES_REQ_AUTH}`;

  it('need one import for a typed req.auth, in an application that uses nothing else', () => {
    expect(app.faultsOf(withImport)).toEqual([]);
    expect(app.faultsOf(withImport.replace('req.auth?.claims', 'req.auth?.payload'))).toEqual(['TS2339 in app.ts']);
  });

  it('leave req.auth alone without that import: it may be that of something else', () => {
    expect(app.faultsOf(ALONE)).toEqual([]);
    expect(app.faultsOf(ALONE + USES_REQ_AUTH)).toEqual(['TS2339 in app.ts', 'TS2339 in app.ts']);
  });

  it('offer a type for the request of a handler instead', () => {
    const text = `${ALONE}
app.get('/me', (req: LiveRequest, res) => { res.json(req.auth?.claims['sub']); });
app.get('/orders/:id', (req: LiveRequest<express.Request<{ id: string }>>, res) => { const { id } = req.params; res.json([id.length, req.auth?.token]); });
`;
    expect(app.faultsOf(text)).toEqual([]);
    expect(app.faultsOf(text.replace('req.auth?.token', 'req.auth?.tokens'))).toEqual(['TS2551 in app.ts']);
  });

  it.each([
    ['node16', 'node16'],
    ['node10', 'commonjs'],
    ['bundler', 'es2022'],
  ])('find req.auth under every way of finding modules: %s', (moduleResolution, module) => {
    const options = { module, moduleResolution, esModuleInterop: true, verbatimModuleSyntax: false, ignoreDeprecations: '6.0' };
    for (const type of ['module', 'commonjs'] as const) expect(app.faultsOf(withImport, options, type)).toEqual([]);
  });

  it.each(Object.entries(BESIDE))('agree with those of %s', (_, text) => {
    expect(app.faultsOf(text)).toEqual([]);
  });

  it('show the other way why req.auth is an import of its own: two declarations of it contradict each other', () => {
    const text = `import 'livetoken/req-auth';\n${BESIDE['express-oauth2-jwt-bearer']}`;
    expect(app.faultsOf(text)).toContainEqual(expect.stringMatching(/^TS2717 in (index|req-auth)\.d\.ts$/));
  });
});

describe('livetoken/req-auth as it is published', () => {
  it.each([
    ['import', 'module', "const all = await import('livetoken/req-auth'); console.log(Object.keys(all).join());"],
    ['require', 'commonjs', "console.log(Object.keys(require('livetoken/req-auth')).join());"],
  ])('is there at run time, and empty, for %s', async (_, type, text) => {
    const { stdout, stderr } = await run(process.execPath, [`--input-type=${type}`, '--eval', text], { cwd: app.home });
    expect([stdout.trim(), stderr]).toEqual(['', '']);
  });
});
