import express, { Router } from 'express';
import express4 from 'express4';
import { MERCHANT, PARTNER, RIVAL } from '../support/organisation-tree.js';
import { closeApps, openApp } from '../support/revocation-app.js';
import { sendRaw } from '../support/send-raw.js';

// Not a mock, but the other version that the package allows: lib/ builds its routers with it, as it does where only that is installed.
jest.mock('express', () => jest.requireActual<object>('express4'));

const O1 = '/organisations/shop/tokens/revoke';

afterEach(closeApps);

describe('The organisation endpoints on Express 4', () => {
  it('I94 are built with it in this file', () => {
    expect(express).toBe(express4);
    expect(Router).toBe(express4.Router);
  });

  it('I94 I97 I98 revoke, count and show', async () => {
    const app = await openApp();
    const [one, other] = [await app.issue({ jti: 'a/b' }), await app.issue()];

    const revoked = await app.post('/tokens/a%2Fb/revoke', MERCHANT);
    expect([revoked.status, revoked.body.data.id, revoked.body.data.status]).toEqual([200, 'a/b', 'REVOKED']);
    expect((await app.aftermath(one, other)).live).toEqual([false, true]);

    const all = await app.post(`${O1}/?x=1`, PARTNER);
    expect([all.status, all.body]).toEqual([200, { uri: O1, data: { uri: O1, revokedTokensCount: 1, links: [] } }]);
    expect(await app.isLive(other)).toBe(false);

    const user = await app.post('/organisations/shop/users/alice/tokens/revoke', PARTNER);
    expect([user.status, user.body.data.revokedTokensCount]).toEqual([200, 0]);
  });

  it('tell what they would revoke, whatever the query is parsed with, and revoke nothing', async () => {
    const app = await openApp({ express: (() => express4().set('query parser', false)) as unknown as typeof express });
    const token = await app.issue({ jti: 'the-id' });

    for (const [path, caller] of [[O1, PARTNER], ['/organisations/shop/users/alice/tokens/revoke', PARTNER], ['/tokens/revoke', MERCHANT], ['/tokens/the-id/revoke', MERCHANT]] as const) {
      const { status, body } = await app.post(`${path}?dryRun=true`, caller);
      expect([status, body.uri, body.data.dryRun, body.data.tokensToRevokeCount]).toEqual([200, path, true, 1]);
      expect((await app.post(`${path}?dryRun=TRUE`, caller)).body).toMatchObject({ returnCode: '422', details: [{ code: 'malformed_dry_run', field: 'dryRun' }] });
    }
    expect(await app.aftermath(token)).toEqual({ live: [true], recorded: 0 });
  });

  it('list what was revoked', async () => {
    const app = await openApp();
    await app.live.revokeAll([{ kind: 'member', id: 'alice', organisation: 'shop' }, { kind: 'organisation', id: 'kiosk' }]);

    for (const [path, authorization] of [['/organisations/shop/revocations', PARTNER], ['/revocations', MERCHANT]] as const) {
      const [whole, head] = [await sendRaw(app.server, 'GET', `${path}?userId=alice`, { authorization }), await sendRaw(app.server, 'HEAD', path, { authorization })];
      expect(JSON.parse(whole.text)).toMatchObject({ uri: path, data: { revocations: [{ target: 'member alice in organisation shop' }] } });
      expect([head.status, head.text]).toEqual([200, '']);
    }
  });

  it.each([
    ['401', 'POST', O1, {}, 401],
    ['401 for credentials sent twice', 'POST', O1, { authorization: [PARTNER, PARTNER] }, 401],
    ['403', 'POST', O1, { authorization: RIVAL }, 403],
    ['404', 'POST', '/tokens/nobody/revoke', { authorization: MERCHANT }, 404],
    ['405', 'PUT', O1, { authorization: PARTNER }, 405],
    ['405 for OPTIONS', 'OPTIONS', O1, {}, 405],
    ['405 for HEAD', 'HEAD', O1, {}, 405],
    ['401 for a list', 'GET', '/revocations', {}, 401],
    ['403 for a list', 'GET', '/organisations/shop/revocations', { authorization: RIVAL }, 403],
    ['405 for a list', 'POST', '/revocations', { authorization: MERCHANT }, 405],
    ['422 for a list', 'GET', '/revocations?user=alice', { authorization: MERCHANT }, 422],
    ['422 for a dry run', 'POST', `${O1}?dryRun`, { authorization: PARTNER }, 422],
    ['415', 'POST', O1, { authorization: PARTNER, 'content-type': 'text/plain' }, 415],
    ['422', 'POST', `/tokens/${'x'.repeat(257)}/revoke`, { authorization: MERCHANT }, 422],
    ['422 for what cannot be decoded', 'POST', '/tokens/%zz/revoke', { authorization: MERCHANT }, 422],
    ['422 for a lone surrogate', 'POST', '/organisations/%ED%A0%80/tokens/revoke', { authorization: PARTNER }, 422],
  ])('I96 I101 answer %s in their shape, with all headers, and change nothing', async (_, method, path, headers, expected) => {
    const app = await openApp();
    const token = await app.issue();

    const answer = await sendRaw(app.server, method, path, headers);

    expect(answer.status).toBe(expected);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    if (method !== 'HEAD') expect(JSON.parse(answer.text)).toMatchObject({ returnCode: String(expected), details: [{ resourceUri: null }] });
    expect(await app.aftermath(token)).toEqual({ live: [true], recorded: 0 });
  });

  it("I102 leave a hook's error to the application", async () => {
    const parentOf = async () => Promise.reject(new Error('hook'));
    const app = await openApp({ organisations: { parentOf } });

    expect((await app.post(O1, PARTNER)).body).toEqual({ handledBy: 'the application', message: 'hook' });
  });

  it('I94 are not in the way of other paths', async () => {
    const app = await openApp();

    for (const path of ['/tokens', '/organisations/shop', '/%zz']) {
      const { status, headers } = await sendRaw(app.server, 'POST', path);
      expect(status).toBe(404);
      expect(headers).not.toHaveProperty('strict-transport-security');
    }
  });
});
