import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { CLIENTS, ENDPOINTS, basic, closeOAuthApps, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';
import { chunked, exchange, type RawAnswer } from '../support/raw-http.js';

const FORM = 'application/x-www-form-urlencoded';
const CLIENT = ['Authorization', basic(CLIENTS.web)] as const;

let app: OAuthApp;
let token: string;

beforeEach(async () => {
  app = await openOAuthApp();
  token = app.issuer.token();
});

afterEach(closeOAuthApps);

describe.each(ENDPOINTS)('the body at %s', (path) => {
  type Headers = readonly (readonly [string, string])[];

  async function send(body: string | Buffer, ...headers: Headers): Promise<RawAnswer> {
    const framing = ['Content-Length', String(Buffer.byteLength(body))] as const;
    return exchange(app.port, { path: `/auth${path}`, body, headers: [CLIENT, framing, ...headers] });
  }

  async function expectRefusal(answer: RawAnswer, status: number): Promise<void> {
    expect(answer.status).toBe(status);
    expect(answer.head).toMatch(/^Content-Type: application\/json/m);
    expect(JSON.parse(answer.body)).toMatchObject({ error: 'invalid_request' });
    expect(await app.accepts(token)).toBe(true);
  }

  it.each([
    FORM,
    FORM.toUpperCase(),
    `${FORM};charset=UTF-8`,
    `${FORM}; charset=utf-8`,
    `${FORM}; charset="utf-8"`,
    `${FORM}; charset=ISO-8859-1`,
    `${FORM}; boundary=ignored`,
    `${FORM};`,
    ` ${FORM} `,
  ])('A15 is a form: %s', async (type) => {
    expect((await send(`token=${token}`, ['Content-Type', type])).status).toBe(200);
    expect(await app.accepts(token)).toBe(path === '/introspect');
  });

  it.each([
    ['JSON', 'application/json', (sent: string) => JSON.stringify({ token: sent })],
    ['JSON with a charset', 'application/json; charset=utf-8', (sent: string) => JSON.stringify({ token: sent })],
    ['JSON by another name', 'application/token+json', (sent: string) => JSON.stringify({ token: sent })],
    ['multipart', 'multipart/form-data; boundary=b', (sent: string) => `--b\r\nContent-Disposition: form-data; name="token"\r\n\r\n${sent}\r\n--b--\r\n`],
    ['text', 'text/plain', (sent: string) => `token=${sent}`],
    ['XML', 'application/xml', (sent: string) => `<token>${sent}</token>`],
    ['bytes', 'application/octet-stream', (sent: string) => `token=${sent}`],
    ['a longer name', `${FORM}-2`, (sent: string) => `token=${sent}`],
    ['a shorter name', 'x-www-form-urlencoded', (sent: string) => `token=${sent}`],
    ['two types', `application/json, ${FORM}`, (sent: string) => `token=${sent}`],
    ['a type that is none', 'form', (sent: string) => `token=${sent}`],
    ['an empty type', '', (sent: string) => `token=${sent}`],
  ])('A15 is nothing but a form: %s', async (_, type, body) => {
    await expectRefusal(await send(body(token), ['Content-Type', type]), 400);
  });

  it('A15 needs to say what it is', async () => {
    await expectRefusal(await send(`token=${token}`), 400);
  });

  it('A15 is what the first Content-Type says, where there are two', async () => {
    await expectRefusal(await send(`token=${token}`, ['Content-Type', 'text/plain'], ['Content-Type', FORM]), 400);
  });

  it.each([
    ['a charset that is no form of ASCII', `${FORM}; charset=utf-16`, []],
    ['a charset that nobody knows', `${FORM}; charset=canary`, []],
    ['a content coding that nobody knows', FORM, [['Content-Encoding', 'compress']]],
    ['a content coding that it does not have', FORM, [['Content-Encoding', 'gzip']]],
    ['two content codings', FORM, [['Content-Encoding', 'gzip, gzip']]],
  ] as const)('A15 cannot be read in %s: 400, never 500', async (_, type, headers) => {
    await expectRefusal(await send(`token=${token}`, ['Content-Type', type], ...headers), 400);
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('A15 may be compressed: %s', async (coding, compress) => {
    const answer = await send(compress(`token=${token}`), ['Content-Type', FORM], ['Content-Encoding', coding]);
    expect(answer.status).toBe(200);
    expect(await app.accepts(token)).toBe(path === '/introspect');
  });

  it.each(['%FF%FE', '\xFF\xFE', '%C3', '%ED%A0%80', '%00', '%', '😀', '\u2028'])('B23 C41 may hold a token that is no text, %p, which is none of ours', async (odd) => {
    const answer = await send(Buffer.from(`token=${odd}`, 'latin1'), ['Content-Type', FORM]);
    expect([answer.status, answer.body]).toEqual([200, path === '/revoke' ? '' : '{"active":false}']);
  });

  describe('of many bytes', () => {
    const LIMIT = 16_384;

    /** A form of exactly that many bytes. */
    function formOf(bytes: number): string {
      const start = `token=${token}&padding=`;
      return start + 'x'.repeat(bytes - start.length);
    }

    const tell = ['Content-Type', FORM] as const;

    async function sendChunked(...pieces: readonly (string | Buffer)[]): Promise<RawAnswer> {
      const headers = [CLIENT, tell, ['Transfer-Encoding', 'chunked']] as const;
      return exchange(app.port, { path: `/auth${path}`, headers, body: chunked(...pieces) });
    }

    it('A17 is read up to 16 KiB', async () => {
      expect((await send(formOf(LIMIT), tell)).status).toBe(200);
      expect((await sendChunked(formOf(LIMIT))).status).toBe(200);
    });

    it('A17 is refused beyond 16 KiB', async () => {
      await expectRefusal(await send(formOf(LIMIT + 1), tell), 413);
    });

    it('A17 is refused beyond 16 KiB where nobody announced how long it is', async () => {
      await expectRefusal(await sendChunked(formOf(LIMIT + 1)), 413);
      await expectRefusal(await sendChunked(...formOf(100_000).match(/.{1,1000}/g)!), 413);
    });

    it.each([
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
    ] as const)('A17 is refused beyond 16 KiB of what was compressed: %s', async (coding, compress) => {
      const coded = ['Content-Encoding', coding] as const;
      const bomb = compress(formOf(10_000_000));
      expect(bomb.length).toBeLessThan(LIMIT); // so that it is not the length of the body that gives it away
      await expectRefusal(await send(bomb, tell, coded), 413);
      await expectRefusal(await send(compress(formOf(LIMIT + 1)), tell, coded), 413);
      token = app.issuer.token();
      expect((await send(compress(formOf(LIMIT)), tell, coded)).status).toBe(200);
    });

    it('A17 is refused as soon as it announces that it is too long', async () => {
      const headers = [CLIENT, tell, ['Content-Length', '10000000000']] as const;
      await expectRefusal(await exchange(app.port, { path: `/auth${path}`, headers, body: 'token=' }), 413);
    });

    it('A17 is refused with more than 32 parameters', async () => {
      const form = (count: number): string => `token=${token}${'&x=1'.repeat(count - 1)}`;
      await expectRefusal(await send(form(33), tell), 400);
      await expectRefusal(await send('&'.repeat(5000), tell), 400);
      expect((await send(form(32), tell)).status).toBe(200);
    });

    it('A17 is held to the limits that were configured', async () => {
      app = await openOAuthApp({ issuer: app.issuer, oauth: { maxBodyBytes: 1024, maxParameters: 4 } });
      expect((await send(formOf(1024), tell)).status).toBe(200);
      token = app.issuer.token();
      await expectRefusal(await send(formOf(1025), tell), 413);
      await expectRefusal(await sendChunked(formOf(1025)), 413);
      await expectRefusal(await send(`token=${token}&a=1&b=2&c=3&d=4`, tell), 400);
    });
  });
});
