import express, { Router } from 'express';
import express4 from 'express4';
import { bearer, MERCHANT, RIVAL } from '../support/organisation-tree.js';
import { closeApps, openApp } from '../support/revocation-app.js';
import { sendRaw } from '../support/send-raw.js';

// Not a mock, but the other version that the package allows: lib/ builds its routers with it, as it does where only that is installed.
jest.mock('express', () => jest.requireActual<object>('express4'));

const PATH = '/users/alice/sessions';

afterEach(closeApps);

describe('The session endpoints on Express 4', () => {
  it('H87 are built with it in this file', () => {
    expect(express).toBe(express4);
    expect(Router).toBe(express4.Router);
  });

  it.each([
    ['H87', '/sessions/session%2D1', [false, false, true]],
    ['H90', PATH, [false, false, true]],
    ['H90', `${PATH}?oauthTokens=true`, [false, false, false]],
    ['H93', '/users/alice/clients/web/tokens/', [false, true, false]],
  ])('%s DELETE %s ends what it should and no more', async (_, path, expected) => {
    const app = await openApp();
    const [web, mobile, withoutSession] = [await app.issue(), await app.issue({ client_id: 'mobile' }), await app.issue({ sid: undefined })];

    const { status, text } = await app.delete(path, MERCHANT);

    expect({ status, text }).toEqual({ status: 204, text: '' });
    expect((await app.aftermath(web, mobile, withoutSession)).live).toEqual(expected);
  });

  it('H92 excludeCurrent keeps the session of the caller', async () => {
    const app = await openApp();
    const [current, other] = [await app.issue(), await app.issue({ sid: 'session-2' })];

    await app.delete(`${PATH}?excludeCurrent=true`, bearer(current.token)).expect(204);

    expect((await app.aftermath(current, other)).live).toEqual([true, false]);
  });

  it.each([
    ['H89', '401', 'DELETE', PATH, undefined, 401],
    ['H93', '404', 'DELETE', PATH, RIVAL, 404],
    ['H91', '400', 'DELETE', `${PATH}?oauthTokens=1`, MERCHANT, 400],
    ['H93', '400 for what cannot be decoded', 'DELETE', '/sessions/%ED%A0%80', MERCHANT, 400],
    ['H87', '405', 'GET', PATH, MERCHANT, 405],
    ['H87', '405 for OPTIONS', 'OPTIONS', PATH, undefined, 405],
  ])('%s answer %s in their shape, with all headers, and change nothing', async (_, _status, method, path, caller, expected) => {
    const app = await openApp();
    const token = await app.issue();

    const { status, headers, text } = await sendRaw(app.server, method, path, caller === undefined ? {} : { authorization: caller });

    expect(status).toBe(expected);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    expect(JSON.parse(text)).toMatchObject({ errorCode: expect.stringMatching(/^E0/), errorId: expect.any(String) });
    expect(await app.aftermath(token)).toEqual({ live: [true], recorded: 0 });
  });

  it("H89 leave a hook's error to the application", async () => {
    const app = await openApp({ sessions: { organisationsOfUser: async () => Promise.reject(new Error('hook')) } });

    expect((await app.delete(PATH, MERCHANT)).body).toEqual({ handledBy: 'the application', message: 'hook' });
  });
});
