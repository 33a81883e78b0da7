import { CLIENTS, ENDPOINTS, basic, closeOAuthApps, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';
import { open, rawForm, type RawRequest } from '../support/raw-http.js';

const { web } = CLIENTS;

let app: OAuthApp;
let token: string;

/** What went wrong in a way that nobody handles. */
const unhandled: unknown[] = [];
const note = (error: unknown): void => void unhandled.push(error);

beforeEach(async () => {
  unhandled.length = 0;
  process.on('unhandledRejection', note).on('uncaughtException', note);
  app = await openOAuthApp();
  token = app.issuer.token();
});

afterEach(async () => {
  await closeOAuthApps();
  process.off('unhandledRejection', note).off('uncaughtException', note);
  expect(unhandled).toStrictEqual([]);
});

describe.each(ENDPOINTS)('a request to %s', (path) => {
  function request(): { head: RawRequest; body: string } {
    const body = `token=${token}`;
    return { head: rawForm(path, body, ['Authorization', basic(web)]), body };
  }

  it('A17 that sends its body byte by byte is served when it is complete, and others are served meanwhile', async () => {
    const { body, head } = request();
    const { socket, answer } = await open(app.port, head);
    socket.setNoDelay();
    for (const byte of body.slice(0, -1)) socket.write(byte);

    const other = app.issuer.token();
    expect((await app.revoke(web, { token: other })).status).toBe(200);
    expect(await app.accepts(other)).toBe(false);
    expect(await app.accepts(token)).toBe(true);

    socket.write(body.slice(-1));
    expect((await answer).status).toBe(200);
    expect(await app.accepts(token)).toBe(path === '/introspect');
  });

  it.each([
    ['before its body', 0],
    ['in the middle of its body', 20],
    ['one byte before its end', -1],
  ])('A17 that is broken off %s has no effect and does no harm', async (_, upTo) => {
    const { body, head } = request();
    const arrived = app.nextRequest();
    const { socket } = await open(app.port, head);
    socket.write(body.slice(0, upTo));
    const served = await arrived;
    const gone = new Promise((resolve) => served.once('close', resolve));
    socket.resetAndDestroy();
    await gone;

    expect(await app.accepts(token)).toBe(true);
    expect((await app.revoke(web, { token })).status).toBe(200);
  });

  it('A17 that ends before the body that it announced is answered 400, or not at all', async () => {
    const { body, head } = request();
    const { socket, answer } = await open(app.port, head);
    socket.end(body.slice(0, -1));
    const { bytes } = await answer;
    expect(bytes === '' || bytes.startsWith('HTTP/1.1 400')).toBe(true);
    expect(await app.accepts(token)).toBe(true);
  });

  it('A17 whose client has gone before the answer leaves the process whole', async () => {
    const { body, head } = request();
    const arrived = app.nextRequest();
    const { socket } = await open(app.port, head);
    socket.write(body);
    await arrived;
    socket.resetAndDestroy();
    // It may or may not have been served by then; asking once more settles it.
    expect((await app.revoke(web, { token })).status).toBe(200);
    expect(await app.accepts(token)).toBe(false);
  });
});
