/** How clients prove themselves where both the application and the package import Express 4. */
jest.mock('express', () => jest.requireActual<object>('express4'));

import express, { type Express } from 'express';
import { CLIENTS, ENDPOINTS, GARBAGE, closeOAuthApps, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';
import { OURS, assertionOf, byAssertion, rsa } from './support/assertions.js';

const { web } = CLIENTS;
const signer = { id: 'signer', assertion: { key: rsa.publicKey, algorithms: ['RS256'] } } as const;

let app: OAuthApp;

beforeEach(async () => {
  const configure = (each: Express): void => void each.set('trust proxy', true);
  app = await openOAuthApp({ oauth: { clients: [...Object.values(CLIENTS), signer], issuer: OURS, failedAttempts: { limit: 2 } }, configure });
});

afterEach(closeOAuthApps);

describe.each(ENDPOINTS)('on Express 4, a client at %s', (path) => {
  it('A09 A11 proves itself by an assertion, once', async () => {
    expect(express.application).toHaveProperty('lazyrouter'); // gone from version 5
    const form = { token: GARBAGE, ...byAssertion(assertionOf(signer.id)) };
    expect([(await app.post(path, form)).status, (await app.post(path, form)).status]).toEqual([200, 401]);
  });

  it('A10 A12 is refused by an assertion for somebody else, and by a secret that is not its way', async () => {
    expect((await app.post(path, { token: GARBAGE, ...byAssertion(assertionOf(signer.id, { aud: 'https://elsewhere.test' })) })).status).toBe(401);
    expect((await app.postAs({ id: signer.id, secret: 'canary' }, path, { token: GARBAGE })).status).toBe(401);
  });

  it('A20 waits after its failures, and only where it failed', async () => {
    const ask = async (secret: string, from: string) => (await app.postAs({ id: web.id, secret }, path, { token: GARBAGE }).set('X-Forwarded-For', from)).status;
    for (let i = 0; i < 2; i++) expect(await ask('canary-wrong', '192.0.2.1')).toBe(401);
    expect([await ask(web.secret, '192.0.2.1'), await ask(web.secret, '192.0.2.2')]).toEqual([429, 200]);
  });
});
