import crypto from 'node:crypto';
import { CLIENTS, ENDPOINTS, closeOAuthApps, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';

const { web, spa } = CLIENTS;

let app: OAuthApp;
let compare: jest.SpyInstance<boolean, Parameters<typeof crypto.timingSafeEqual>>;

beforeEach(async () => {
  app = await openOAuthApp({ oauth: { clients: [...Object.values(CLIENTS), { id: 'secretless' }] } });
  // Watched, not replaced: it goes on comparing.
  compare = jest.spyOn(crypto, 'timingSafeEqual');
});

afterEach(async () => {
  compare.mockRestore();
  await closeOAuthApps();
});

describe.each(ENDPOINTS)('secrets at %s', (path) => {
  it.each([
    ['the right secret', web.id, web.secret],
    ['a wrong secret', web.id, 'canary-wrong'],
    ['a secret of another length', web.id, 'x'],
    ['a very long secret', web.id, 'canary'.repeat(1000)],
    ['a secret beyond ASCII', web.id, 'ö'.repeat(web.secret.length)],
    ['an unknown client', 'nobody', web.secret],
    ['a client without a secret', 'secretless', web.secret],
    ['a public client that sends one', spa.id, web.secret],
  ])('A20 are compared once and in constant time, as digests of one length: %s', async (_, client_id, client_secret) => {
    await app.post(path, { token: 'canary', client_id, client_secret });
    const lengths = compare.mock.calls.map(([a, b]) => [a.byteLength, b.byteLength]);
    expect(lengths).toEqual([[32, 32]]);
  });

  it('A20 are never compared as they were sent', async () => {
    await app.postAs(web, path, { token: 'canary' });
    const compared = compare.mock.calls.flat().map((bytes) => Buffer.from(bytes as Buffer).toString('latin1'));
    expect(compared).toHaveLength(2);
    expect(compared.join()).not.toContain(web.secret);
  });
});
