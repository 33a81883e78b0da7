import { createServer, type Server } from 'node:http';
import request from 'supertest';
import { createIssuer } from '../support/issuer.js';
import { CANARY, scanForLeaks } from '../support/leak-scan.js';
import { CLIENTS, basic } from '../support/oauth-app.js';

/** A server that tells what it should not, in one place or another. */
function telling(headers: Readonly<Record<string, string>>, body: string): Server {
  return createServer((_req, res) => res.writeHead(400, headers).end(body));
}

describe('the scan that all tests of the OAuth endpoints run through', () => {
  it.each([
    ['a secret in a body', {}, CLIENTS.web.secret],
    ['a secret in a header', { 'X-Debug': CLIENTS.web.secret }, ''],
    ['a secret in capitals', {}, CLIENTS.web.secret.toUpperCase()],
    ['a token', {}, createIssuer().token()],
    ['the payload of a token', {}, `{"claims":"${createIssuer().token().split('.')[1]!}"}`],
    ['a Basic header', { 'X-Debug': basic(CLIENTS.web) }, ''],
    ['the Basic header of another client', {}, basic(CLIENTS.mobile)],
    ['the Basic header of yet another', {}, basic(CLIENTS.odd)],
  ])('A18 finds %s', async (_, headers, body) => {
    const server = telling(headers, body);
    const scan = scanForLeaks(server);
    await request(server).post('/');
    expect(() => scan.assertClean()).toThrow('A token or a secret got out');
  });

  it('A18 finds one in what is noted', () => {
    const scan = scanForLeaks(createServer());
    scan.note(`refused ${CANARY}`);
    expect(() => scan.assertClean()).toThrow('A token or a secret got out');
  });

  it('A18 finds nothing in an answer that tells nothing', async () => {
    const server = telling({ 'WWW-Authenticate': 'Basic realm="oauth"' }, '{"error":"invalid_client"}');
    const scan = scanForLeaks(server);
    await request(server).post('/');
    expect(() => scan.assertClean()).not.toThrow();
  });
});
