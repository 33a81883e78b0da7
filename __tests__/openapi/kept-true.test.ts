import { createServer } from 'node:http';
import { once } from 'node:events';
import express, { Router, type Request, type Response } from 'express';
import { openApiDocument } from 'livetoken';
import { describedBy, takeUndescribed } from '../support/described-answers.js';
import { sendRaw, type RawAnswer } from '../support/send-raw.js';

const DOCUMENT = openApiDocument({ oauth: { clients: [] }, organisations: {}, sessions: {} });

const NOT_FOUND = { errorCode: 'E0000007', errorSummary: 'x', errorLink: 'E0000007', errorId: '3d0d2c2f-4d50-4c06-8f06-2a3f0f1d3d0d', errorCauses: [] };
const UNAVAILABLE = { error: 'temporarily_unavailable', error_description: 'later' };
const REVOKED = { uri: '/tokens/revoke', data: { uri: '/tokens/revoke', revokedTokensCount: 1, links: [] } };

type Answer = (res: Response, req: Request) => unknown;

/** Sends a request to a router that answers like this, and says what is wrong with its answer by the document. */
async function faultsOf(method: string, path: string, answer: Answer): Promise<{ faults: string[]; answered: RawAnswer }> {
  const router = Router().use((req, res, next) => {
    res.set('Cache-Control', 'no-store');
    if (req.path === '/pass') next();
    else answer(res, req);
  });
  const app = express().disable('x-powered-by').use('/at', describedBy(DOCUMENT, router));
  app.use((_req, res) => void res.status(418).end());
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const answered = await sendRaw(server, method, `/at${path}`);
  server.close();
  return { faults: takeUndescribed(), answered };
}

describe('An answer as it is described', () => {
  it.each([
    ['a body', 'DELETE', '/sessions/s', res => res.status(404).json(NOT_FOUND)],
    ['a body, at a path with a slash at its end and other case', 'DELETE', '/Sessions/s/', res => res.status(404).json(NOT_FOUND)],
    ['no body', 'DELETE', '/sessions/s', res => res.status(204).end()],
    ['a header that is needed', 'POST', '/revoke', res => res.status(503).set('Retry-After', '1').json(UNAVAILABLE)],
    ['a body in pieces', 'POST', '/tokens/revoke', res => {
      res.type('json').write(JSON.stringify(REVOKED).slice(0, 9));
      res.end(Buffer.from(JSON.stringify(REVOKED).slice(9)));
    }],
    ['another method', 'PUT', '/revoke', res => res.status(405).set('Allow', 'POST').json({ error: 'invalid_request', error_description: 'no' })],
    ['an id that cannot be decoded, whatever the method', 'PUT', '/tokens/%zz/revoke', res => res.status(422).json({
      ...{ returnCode: '422', returnDescription: 'x' },
      details: [{ code: 'malformed_id', description: 'x', field: null, resourceUri: null }],
    })],
    ['one that was passed on', 'DELETE', '/pass', () => undefined],
  ] satisfies [string, string, string, Answer][])('is let pass: %s', async (_, method, path, answer) => {
    expect((await faultsOf(method, path, answer)).faults).toEqual([]);
  });
});

describe('An answer that is not as it is described', () => {
  it.each([
    ['a status', 'DELETE', '/sessions/s', res => res.status(410).json(NOT_FOUND), 'DELETE /sessions/s was answered 410: a status that is not described'],
    ['a status of another endpoint', 'DELETE', '/sessions/s', res => res.status(403).json({ ...NOT_FOUND, errorCode: 'E0000006' }), 'a status that is not described'],
    ['405 for the right method', 'POST', '/revoke', res => res.status(405).set('Allow', 'POST').json({ error: 'invalid_request', error_description: 'no' }), 'a status that is not described'],
    ['another method that is served', 'GET', '/revoke', res => res.status(200).end(), 'a status that is not described'],
    ['an unreadable id, where it can be read', 'PUT', '/tokens/t/revoke', res => res.status(422).json({}), 'a status that is not described'],
    ['a path', 'POST', '/nowhere', res => res.status(200).end(), 'a path that is not described'],
    ['a header that is missing', 'POST', '/revoke', res => res.status(503).json(UNAVAILABLE), 'it lacks the header retry-after'],
    ['another value of a header', 'POST', '/revoke', res => res.status(503).set('Retry-After', 'soon').json(UNAVAILABLE), 'header retry-after data must match pattern'],
    ['a header of every answer that is missing', 'DELETE', '/sessions/s', res => res.status(204).removeHeader('Cache-Control') ?? res.end(), 'it lacks the header cache-control'],
    ['another caching', 'DELETE', '/sessions/s', res => res.status(204).set('Cache-Control', 'public').end(), 'header cache-control data must be equal to constant'],
    ['a header that is not there', 'DELETE', '/sessions/s', res => res.status(404).set('WWW-Authenticate', 'Bearer').json(NOT_FOUND), 'the header www-authenticate is not described'],
    ['a cookie', 'DELETE', '/sessions/s', res => res.status(204).set('Set-Cookie', 'a=b').end(), 'the header set-cookie is not described'],
    ['a field too many', 'DELETE', '/sessions/s', res => res.status(404).json({ ...NOT_FOUND, why: 'x' }), 'must NOT have additional properties'],
    ['a field too many, inside', 'POST', '/tokens/revoke', res => res.json({ ...REVOKED, data: { ...REVOKED.data, accessToken: 'x' } }), 'must NOT have additional properties'],
    ['a field too few', 'DELETE', '/sessions/s', res => res.status(404).json({ ...NOT_FOUND, errorId: undefined }), "must have required property 'errorId'"],
    ['a code of another status', 'DELETE', '/sessions/s', res => res.status(404).json({ ...NOT_FOUND, errorCode: 'E0000006' }), 'must be equal to constant'],
    ['a body where there is none', 'POST', '/revoke', res => res.status(200).end('ok'), 'it has a body where none is described'],
    ['no body where there is one', 'DELETE', '/sessions/s', res => res.status(404).end(), 'a body of type undefined is not described'],
    ['a body of another type', 'DELETE', '/sessions/s', res => res.status(404).type('html').send('<p>'), 'a body of type text/html is not described'],
    ['a body that is no JSON', 'DELETE', '/sessions/s', res => res.status(404).type('json').send('{'), 'cannot be checked: SyntaxError'],
  ] satisfies [string, string, string, Answer, string][])('is told of: %s', async (_, method, path, answer, fault) => {
    expect((await faultsOf(method, path, answer)).faults).toEqual([expect.stringContaining(fault)]);
  });

  it('goes out as it is all the same', async () => {
    const { answered } = await faultsOf('DELETE', '/sessions/s', res => res.status(410).set('X-Own', 'a').send('gone'));
    expect(answered).toMatchObject({ status: 410, text: 'gone', headers: { 'x-own': 'a' } });
  });
});
