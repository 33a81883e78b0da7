import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { TASKS } from './support/guide-page.js';
import { ask, basic, form, guideWorld, ISSUER, REFRESH, statuses, statusOf, untilStatuses } from './support/guide-world.js';
import { until } from '../stores/support/until.js';

describe('The guide', () => {
  it('has one program and five sentences at most for each task', () => {
    expect(TASKS.length).toBe(12);
    for (const { title, text, programs } of TASKS) {
      const sentences = text.split(/[.!?](?=\s|$)/).filter(sentence => sentence.trim() !== '');
      expect({ title, programs: programs.length, isEmpty: programs[0] === '' }).toEqual({ title, programs: 1, isEmpty: false });
      expect({ title, isShort: sentences.length <= 5 }).toEqual({ title, isShort: true });
    }
  });

  it('has no configuration that no test uses', () => {
    const tests = readFileSync(`${__dirname}/guide-gateway.test.ts`, 'utf8');
    const used = [...tests.matchAll(/configurationOf\('(.+)', '(\w+)'\)/g)].map(([, title, language]) => [title, language]);
    expect(TASKS.flatMap(({ title, configurations }) => [...configurations.keys()].map(language => [title, language]))).toEqual(used);
  });

  it('has no task that no test runs', () => {
    const tests = ['guide', 'guide-beyond', 'guide-gateway', 'guide-verifiers'].map(name => readFileSync(`${__dirname}/${name}.test.ts`, 'utf8')).join('\n');
    const run = [...tests.matchAll(/guideWorld\((['"])(.+)\1\)/g)].map(([, , title]) => title);
    expect([...new Set(run)].sort()).toEqual(TASKS.map(({ title }) => title).sort());
  });
});

describe('Guide: Log out', () => {
  const world = guideWorld('Log out');

  it('ends the session at every instance, and a token without a session alone', async () => {
    const [here, there] = await Promise.all([world.start(), world.start()]);
    const own = ISSUER.token({ sid: 's1' });
    const sameSession = ISSUER.token({ sid: 's1' });
    const otherSession = ISSUER.token({ sid: 's2' });
    const [alone, alsoAlone] = [ISSUER.token(), ISSUER.token()];
    const all = [own, sameSession, otherSession, alone, alsoAlone];
    expect(await statuses(there, all)).toEqual([200, 200, 200, 200, 200]);

    expect(await statusOf(here, '/logout', { method: 'POST', token: own })).toBe(204);
    expect(await statusOf(here, '/logout', { method: 'POST', token: alone })).toBe(204);
    const after = [401, 401, 200, 401, 200];
    expect(await statuses(here, all)).toEqual(after);
    await untilStatuses(there, all, after);
  });

  it('does not work with an expired token; with the refresh token at /auth/revoke the grant ends', async () => {
    const here = await world.start();
    const past = Math.floor(Date.now() / 1000) - 3600;
    const grant = { sid: 's3', grant_id: 'g3' };
    const expired = ISSUER.token({ ...grant, iat: past, exp: past + 60 });
    const access = ISSUER.token(grant);
    expect(await statusOf(here, '/logout', { method: 'POST', token: expired })).toBe(401);
    expect(await statuses(here, [access])).toEqual([200]);

    expect(await statusOf(here, '/auth/revoke', form({ client_id: 'web', token: ISSUER.token(grant, REFRESH) }))).toBe(200);
    expect(await statuses(here, [access])).toEqual([401]);
  });
});

describe('Guide: Sign out everywhere', () => {
  const world = guideWorld('Sign out everywhere');
  const alice = { sub: 'alice' };
  const signOut = (token: string, query = '') => ({ path: `/auth/users/alice/sessions${query}`, asked: { method: 'DELETE', token } });

  it('ends every token of the user at once, for her and for an administrator, and for nobody else', async () => {
    const [here, there] = await Promise.all([world.start(), world.start()]);
    const [first, second] = [ISSUER.token({ ...alice, sid: 'a1' }), ISSUER.token({ ...alice, sid: 'a2' })];
    const script = ISSUER.token(alice);
    const bob = ISSUER.token({ sid: 'b1' });
    const all = [first, second, script, bob];
    const delegate = async (token: string, query?: string) => {
      const { path, asked } = signOut(token, query);
      return statusOf(here, path, asked);
    };

    expect(await delegate(bob, '?oauthTokens=true')).toBe(403);
    expect(await statuses(here, all)).toEqual([200, 200, 200, 200]);
    expect(await delegate(ISSUER.token({ sub: 'root', scope: 'admin' }))).toBe(204);
    expect(await statuses(here, all)).toEqual([401, 401, 200, 200]);
    expect(await delegate(script, '?oauthTokens=true')).toBe(204);
    expect(await statuses(here, all)).toEqual([401, 401, 401, 200]);
    await untilStatuses(there, all, [401, 401, 401, 200]);

    const nextSecond = Math.floor(Date.now() / 1000) + 1;
    expect(await statuses(here, [ISSUER.token({ ...alice, iat: nextSecond, exp: nextSecond + 60 })])).toEqual([200]);
  });
});

describe('Guide: Change the password', () => {
  const world = guideWorld('Change the password');
  interface Fresh {
    readonly access_token: string;
  }

  it('ends all tokens of the user and answers with one that works at once, also at another instance', async () => {
    const [here, there] = await Promise.all([world.start(), world.start()]);
    const token = ISSUER.token({ sub: 'alice', sid: 'a1' });
    const stolen = ISSUER.token({ sub: 'alice', sid: 'a2' });
    const change = (by: string, password: string, newPassword: string) => ask(here, '/password', {
      method: 'POST', token: by, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ password, newPassword }),
    });

    expect((await change(token, 'wrong', 'second')).status).toBe(403);
    expect(await statuses(here, [token, stolen])).toEqual([200, 200]);
    const { access_token: fresh } = await (await change(token, 'first', 'second')).json() as Fresh;
    expect(await statuses(here, [token, stolen, fresh])).toEqual([401, 401, 200]);
    await untilStatuses(there, [token, stolen, fresh], [401, 401, 200]);
    // As somebody does who was answered 503 although it had worked.
    expect((await change(token, 'second', 'second')).status).toBe(401);

    // The old password is gone, and a second change that follows at once reaches what the first one answered.
    expect((await change(fresh, 'first', 'third')).status).toBe(403);
    const again = await change(fresh, 'second', 'second');
    const { access_token: fresher } = await again.json() as Fresh;
    expect(await statuses(here, [fresh, fresher])).toEqual([401, 200]);
  });
});

describe('Guide: Offboard a merchant', () => {
  const world = guideWorld('Offboard a merchant');

  it('ends all tokens of the merchant and none of another, for the bank alone; what is issued afterwards lives', async () => {
    const [here, there] = await Promise.all([world.start(), world.start()]);
    const of = (org: string) => ISSUER.token({ org, sub: randomUUID() });
    const all = [of('shop-1'), of('shop-1'), of('shop-2'), of('bank')];
    const offboard = (shop: string, id: string, secret: string) =>
      statusOf(here, `/auth/organisations/${shop}/tokens/revoke`, { method: 'POST', headers: basic(id, secret) });
    const dryRun = () => statusOf(here, '/auth/organisations/shop-1/tokens/revoke?dryRun=true', { method: 'POST', headers: basic('bank-key', 'bank-secret') });

    expect(await offboard('shop-1', 'shop-2-key', 'shop-secret')).toBe(403);
    expect(await offboard('shop-1', 'bank-key', 'wrong')).toBe(401);
    expect(await dryRun()).toBe(422); // the program of the guide does not track
    expect(await statuses(here, all)).toEqual([200, 200, 200, 200]);
    expect(await offboard('shop-1', 'bank-key', 'bank-secret')).toBe(200);
    expect(await statuses(here, all)).toEqual([401, 401, 200, 200]);
    await untilStatuses(there, all, [401, 401, 200, 200]);
    const history = await ask(there, '/auth/organisations/shop-1/revocations', { headers: basic('bank-key', 'bank-secret') });
    expect(await history.text()).toContain('key bank-key');

    const nextSecond = Math.floor(Date.now() / 1000) + 1;
    expect(await statuses(here, [ISSUER.token({ org: 'shop-1', iat: nextSecond, exp: nextSecond + 60 })])).toEqual([200]);
    expect(await offboard('bank', 'bank-key', 'bank-secret')).toBe(200);
    expect(await statuses(here, all)).toEqual([401, 401, 200, 401]);
  });
});

describe('Guide: Notice a stolen refresh token', () => {
  const world = guideWorld('Notice a stolen refresh token');
  type Pair = Readonly<Record<'access_token' | 'refresh_token', string>>;

  it('gives a pair once; a second use, at whichever instance, ends the grant with all that it has, and is told', async () => {
    const [here, there] = await Promise.all([world.start(), world.start()]);
    const refresh = ISSUER.token({ sub: 'alice', grant_id: 'g1', sid: 's1' }, REFRESH);
    const use = (program: typeof here, token: string, client = 'web') => ask(program, '/token', form({ refresh_token: token, client_id: client }));

    expect((await use(here, refresh, 'other')).status).toBe(400);
    expect((await use(here, ISSUER.token({ grant_id: 'g1' }))).status).toBe(400);
    const first = await (await use(here, refresh)).json() as Pair;
    expect(await statuses(here, [first.access_token, first.refresh_token])).toEqual([200, 401]);
    const second = await (await use(there, first.refresh_token)).json() as Pair;
    const other = ISSUER.token({ sub: 'alice', grant_id: 'g2' });
    const all = [first.access_token, second.access_token, other];
    expect(await statuses(there, all)).toEqual([200, 200, 200]);

    const stolen = await use(there, first.refresh_token);
    expect([stolen.status, await stolen.json()]).toEqual([400, { error: 'invalid_grant' }]);
    expect(await statuses(there, all)).toEqual([401, 401, 200]);
    await untilStatuses(here, all, [401, 401, 200]);
    expect((await use(here, second.refresh_token)).status).toBe(400);
    await until(() => /^used twice, now revoked: a refresh token of user alice$/m.test(there.output()));
    expect(here.output()).not.toMatch(/used twice/);
  });
});
