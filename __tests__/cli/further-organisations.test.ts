import { type Application, startApplication } from './support/application.js';
import { answer, endAll, livetoken } from './support/cli.js';

afterAll(endAll);

const BY_ORG = ['--organisation-claim', 'org'] as const;
const BY_ORGS = [...BY_ORG, '--organisations-claim', 'orgs'] as const;

describe('livetoken check, of a token that names further organisations', () => {
  let app: Application;
  beforeAll(async () => {
    app = await startApplication({ options: { claims: { organisation: 'org', organisations: 'orgs' } } });
    await app.live.revoke({ kind: 'organisation', id: 'bank' }, { actor: 'carol' });
  });
  afterAll(() => app.close());

  const about = (token: string) => ({ env: { ...app.env, LIVETOKEN_TOKEN: token } });
  // A while ago, and the application was never told of it.
  const unreported = (overrides: Readonly<Record<string, unknown>> = {}): string => {
    const iat = Math.floor(Date.now() / 1000) - 60;
    return app.issuer.token({ org: 'shop', orgs: ['bank'], iat, exp: iat + 3600, ...overrides });
  };

  it('sees a revocation of one of them through the claim that --organisations-claim names', async () => {
    const token = unreported();
    const { status, document } = await answer(['check', ...BY_ORGS], about(token));
    expect({ status, ...document }).toMatchObject({ status: 1, live: false, reason: 'revoked', target: { kind: 'organisation', id: 'bank' }, revocation: { actor: 'carol' } });
    expect(document.judgedBy.claims).toEqual(['jti', 'sub', 'sid', 'grant_id', 'client_id', 'azp', 'org', 'orgs']);
    const alone = await livetoken(['check', '--no-organisation-claim', '--organisations-claim', 'orgs'], about(token));
    expect(alone.status).toBe(1);
  });

  it('says which claims it looked at where nobody said more, and how to say more', async () => {
    const token = unreported();
    const [{ status, document }, { stdout }] = await Promise.all([answer(['check', ...BY_ORG], about(token)), livetoken(['check', ...BY_ORG], about(token))]);
    expect({ status, live: document.live }).toEqual({ status: 0, live: true });
    expect(document.judgedBy).toEqual({ claims: ['jti', 'sub', 'sid', 'grant_id', 'client_id', 'azp', 'org'], isReported: false });
    expect(stdout).toMatch(/^Live\. No revocation refuses it by its claims jti, sub, sid, grant_id, client_id, azp, org\. No other claim was looked at/);
    expect(stdout).toContain('--organisations-claim <claim>');
    const told = await livetoken(['check', ...BY_ORGS], about(unreported({ orgs: ['another'] })));
    expect({ status: told.status, stdout: told.stdout }).toEqual({ status: 0, stdout: expect.not.stringContaining('--organisations-claim') });
  });

  it('sees it through what the application reported of the token as well', async () => {
    const [refused, live] = [await app.issue({ org: 'shop', orgs: ['bank'] }), await app.issue({ org: 'shop', orgs: ['another'] })];
    const { status, document } = await answer(['check', ...BY_ORG], about(refused.token));
    expect({ status, ...document }).toMatchObject({ status: 1, live: false, target: { kind: 'organisation', id: 'bank' }, revocation: { actor: 'carol' } });
    const spared = await livetoken(['check', ...BY_ORG], about(live.token));
    expect({ status: spared.status, stdout: spared.stdout }).toEqual({ status: 0, stdout: expect.stringContaining('nor by what the application reported of it.') });
    expect(spared.stdout).toContain('organisation shop, organisation another');
  });

  it('judges a reported token from when the application says it does', async () => {
    const skewed = await startApplication({ options: { issuerSkewMs: 60_000 } });
    const { token, claims } = await skewed.issue({ sub: 'alice' });
    await skewed.live.revoke({ kind: 'subject', id: 'alice' }, { issuedBefore: (claims['iat'] as number) * 1000 - 30_000 });
    const { status } = await answer(['check', ...BY_ORG], { env: { ...skewed.env, LIVETOKEN_TOKEN: token } });
    expect({ status, isLive: await skewed.isLive(claims) }).toEqual({ status: 1, isLive: false });
    await skewed.close();
  });
});
