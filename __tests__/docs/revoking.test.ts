import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import express from 'express';
import { createLiveTokens, memoryStore, openApiDocument, revocationRouter, type LiveTokens } from 'livetoken';
import request from 'supertest';
import { until } from '../stores/support/until.js';
import { createIssuer } from '../support/issuer.js';

const page = readFileSync(path.join(__dirname, '../../docs/revoking.md'), 'utf8');
const blocks = [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)];

const issuer = createIssuer();
const claims = (overrides: Readonly<Record<string, unknown>>) => {
  const iat = Math.floor(Date.now() / 1000) - 10;
  return { jti: randomUUID(), iat, exp: iat + 600, sub: 'bob', org: 'shop-2', ...overrides };
};

type Script = (live: LiveTokens) => Promise<void>;
const AsyncFunction = (async () => undefined).constructor as new (...parts: readonly string[]) => Script;

describe('docs/revoking.md', () => {
  it('shows code that revokes what it says, and everything else lives on until the last line', async () => {
    expect(blocks.map(([, language]) => language)).toEqual(['ts']);
    const [lines, last] = (blocks[0]?.[2] ?? '').split(/(?=^await live\.revoke\(\{ kind: 'all' \})/m);
    const live = createLiveTokens({ store: memoryStore(), verify: issuer.verify, maxLifetime: 3600, claims: { organisation: 'org' } });
    const [session, mobile, member, shop] = [claims({ sid: 'b7d1' }), claims({ sub: 'alice', client_id: 'mobile' }), claims({ sub: 'alice', org: 'shop-1' }), claims({ org: 'shop-1' })];
    const other = claims({});
    const verdicts = async () => Promise.all([session, mobile, member, shop, other].map(async each => (await live.check(each)).live));
    expect(await verdicts()).toEqual([true, true, true, true, true]);
    await new AsyncFunction('live', lines ?? '')(live);
    expect(await verdicts()).toEqual([false, false, false, false, true]);
    const old = claims({ iat: Math.floor(Date.now() / 1000) - 90 });
    await new AsyncFunction('live', last ?? '')(live);
    expect([(await live.check(old)).live, (await live.check(other)).live]).toEqual([false, true]);
    await live.close();
  });

  it('is right about repeating: of a session it changes nothing, of a user it also ends what was issued in between, unless issuedBefore says otherwise', async () => {
    const live = createLiveTokens({ store: memoryStore(), verify: issuer.verify, maxLifetime: 3600 });
    const session = { kind: 'session', id: 'b7d1' } as const;
    expect([await live.revoke(session), await live.revoke(session)]).toMatchObject([{ changed: true }, { changed: false }]);
    expect((await live.history()).items).toHaveLength(1);

    const subject = { kind: 'subject', id: 'alice' } as const;
    const { epoch, reissueFrom = epoch + 1 } = await live.revoke(subject);
    const between = claims({ sub: 'alice', iat: Math.floor(reissueFrom / 1000), iat_ms: reissueFrom });
    const isLive = async () => (await live.check(between)).live;
    await live.revoke(subject, { issuedBefore: epoch });
    expect(await isLive()).toBe(true);
    await until(() => Date.now() > reissueFrom);
    await live.revoke(subject);
    expect(await isLive()).toBe(false);
    await live.close();
  });

  it('is right about what each group needs', async () => {
    const without = createLiveTokens({ store: memoryStore(), maxLifetime: 3600, claims: { organisation: 'org' } });
    for (const group of [{ oauth: { clients: [] } }, { organisations: {} }, { sessions: {} }]) expect(() => revocationRouter(without, group)).toThrow(/verify function/);
    const live = createLiveTokens({ store: memoryStore(), verify: issuer.verify, maxLifetime: 3600 });
    expect(() => revocationRouter(live, { organisations: {} })).toThrow('claims: { organisation }');
    const app = express().use(revocationRouter(live, { sessions: {} }));
    const end = (at: string) => request(app).delete(at).set('Authorization', `Bearer ${issuer.token({ sub: 'alice', sid: 'own' })}`);
    expect((await end('/users/alice/sessions?excludeCurrent=true')).status).toBe(400);
    expect([(await end('/sessions/other')).status, (await end('/sessions/own')).status]).toEqual([404, 204]);
    await Promise.all([live.close(), without.close()]);
  });

  it('has every kind of target, and no other', () => {
    const table = page.slice(page.indexOf('## What can be revoked'), page.indexOf('From code'));
    const kinds = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, kind]) => kind);
    const source = readFileSync(path.join(__dirname, '../../lib/model/target.ts'), 'utf8');
    expect(kinds).toEqual([...source.slice(source.indexOf('export type Target ='), source.indexOf('/** Of a user')).matchAll(/kind: '(\w+)'/g)].map(([, kind]) => kind));
  });

  it('has every endpoint that the router mounts to revoke or to introspect, and no other', () => {
    const { paths } = openApiDocument({ oauth: { clients: [] }, organisations: {}, sessions: {} });
    const mounted = Object.entries(paths).flatMap(([at, item]) => Object.keys(item).filter(key => ['get', 'post', 'delete'].includes(key)).map(method => `${method.toUpperCase()} ${at}`));
    const table = page.slice(page.indexOf('## Endpoints'), page.indexOf('### Who may call'));
    const written = [...table.matchAll(/`((?:GET|POST|DELETE) \/(?!openapi)[^`?]+)/g)].map(([, endpoint]) => endpoint);
    expect(written.sort()).toEqual(mounted.sort());
  });
});
