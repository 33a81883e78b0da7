import { MERCHANT } from '../support/organisation-tree.js';
import { closeApps, openApp, type Issued, type RevocationApp } from '../support/revocation-app.js';
import { sendRaw } from '../support/send-raw.js';
import { sessionError } from '../support/session-answers.js';

const PATHS = ['/sessions/session-1', '/users/alice/sessions', '/users/alice/clients/web/tokens'];

let app: RevocationApp;
let victim: Issued;

beforeEach(async () => {
  app = await openApp();
  victim = await app.issue();
});

afterEach(closeApps);

async function expectUntouched() {
  expect(await app.aftermath(victim)).toEqual({ live: [true], recorded: 0 });
}

describe('Methods', () => {
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'];

  it.each(PATHS.flatMap(path => methods.map(method => [method, path] as const)))('H87 %s %s is answered 405 with Allow, and changes nothing', async (method, path) => {
    const { status, headers, text } = await sendRaw(app.server, method, path, { authorization: MERCHANT });

    expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'DELETE' });
    if (method === 'HEAD') expect(text).toBe('');
    else expect(JSON.parse(text)).toEqual(sessionError(405));
    await expectUntouched();
  });

  it('H87 a method cannot be overridden by a header', async () => {
    const { status } = await sendRaw(app.server, 'POST', PATHS[0]!, { authorization: MERCHANT, 'x-http-method-override': 'DELETE' });

    expect(status).toBe(405);
    await expectUntouched();
  });
});

describe('A dry run', () => {
  it.each(PATHS.flatMap(path => ['dryRun=true', 'dry_run=1', 'dryrun', 'DryRun=false'].map(query => [path, query] as const)))(
    'there is none of DELETE %s?%s: it is answered 400, and nothing is changed',
    async (path, query) => {
      const { status, body } = await app.delete(`${path}?${query}`, MERCHANT);

      expect([status, body]).toEqual([400, sessionError(400, 'There is no dry run here, only on the organisation endpoints')]);
      await expectUntouched();
    },
  );
});

describe('Refusals', () => {
  it('H88 have an errorId of their own each, to be found again in logs', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => app.delete('/sessions/no-such-session', MERCHANT)));

    expect(new Set(answers.map(({ body }) => body.errorId as string)).size).toBe(3);
  });

  it('H93 reflect nothing of the request', async () => {
    const canary = 'canary-7f3a';
    const answers = [
      await app.delete(`/sessions/${canary}`, MERCHANT).set('X-Request-Id', canary),
      await app.delete(`/users/${canary}/sessions`, MERCHANT),
      await app.delete(`/users/alice/sessions?oauthTokens=${canary}`, MERCHANT),
      await app.delete(`/sessions/${canary}`, `Bearer ${canary}`),
      await app.post(`/sessions/${canary}`, MERCHANT),
      await app.delete(`/sessions/${canary}%zz`, MERCHANT),
    ];

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 400, 401, 405, 400]);
    expect(JSON.stringify(answers.map(({ headers, text }) => [headers, text]))).not.toContain(canary);
  });
});

describe('Malformed ids', () => {
  const paths = (id: string): (readonly [name: string, path: string])[] => [
    ['sessionId', `/sessions/${id}`],
    ['userId', `/users/${id}/sessions`],
    ['userId', `/users/${id}/clients/web/tokens`],
    ['clientId', `/users/alice/clients/${id}/tokens`],
  ];

  it.each([
    ['257 characters', 'x'.repeat(257)],
    ['258 bytes in 129 characters', encodeURIComponent('ü'.repeat(129))],
  ])('H93 an id of %s is answered 400, and nothing is changed', async (_, id) => {
    for (const [name, path] of paths(id)) {
      const { status, body } = await app.delete(path, MERCHANT);
      expect([status, body]).toEqual([400, sessionError(400, `${name} is not 1 to 256 bytes of well-formed UTF-8`)]);
    }
    await expectUntouched();
  });

  it.each(['%zz', 'abc%', '%ED%A0%80', 'a%ED%B0%80', '%C0%AF', '%FF', '%C3', '%F4%90%80%80'])(
    'H93 an id that cannot be decoded (%s) is answered 400, with all headers, and nothing is changed',
    async id => {
      for (const [, path] of paths(id)) {
        const { status, headers, text } = await sendRaw(app.server, 'DELETE', path, { authorization: MERCHANT });
        expect([status, JSON.parse(text)]).toEqual([400, sessionError(400, 'An id is 1 to 256 bytes of well-formed UTF-8')]);
        expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
      }
      await expectUntouched();
    },
  );

  it.each(['/sessions/', '/sessions', '/users//sessions', '/users//clients/web/tokens', '/users/alice/clients//tokens', '//sessions/session-1', '/sessions/session-1/x'])(
    'H93 an empty id is no endpoint of ours: DELETE %s is 404, and changes nothing',
    async path => {
      expect((await sendRaw(app.server, 'DELETE', path, { authorization: MERCHANT })).status).toBe(404);
      await expectUntouched();
    },
  );

  it('H93 whoever is not authenticated is told so before anything is said of ids and parameters', async () => {
    expect((await app.delete(`/sessions/${'x'.repeat(257)}`)).status).toBe(401);
    expect((await app.delete('/users/alice/sessions?oauthTokens=1')).status).toBe(401);
  });
});
