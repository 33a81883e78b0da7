import { apiKeyCallers, type ApiKey } from 'livetoken';
import { EVERY_EXPRESS } from '../support/every-express.js';
import { API_KEYS, basic, PARTNER } from '../support/organisation-tree.js';
import { hangUp, whoIsCalling } from './support/who-is-calling.js';

const PARTNER_CALLER = { actor: 'key partner-key', level: 'partner', organisation: 'bank' };
const MERCHANT_CALLER = { actor: 'key merchant-key', level: 'merchant', organisation: 'shop' };

const key = (overrides: Partial<ApiKey>): ApiKey => ({ id: 'k', organisation: 'shop', level: 'merchant', ...overrides });
const encoded = (text: string | Buffer) => `Basic ${Buffer.from(text).toString('base64')}`;

afterEach(hangUp);

describe.each(EVERY_EXPRESS)('Callers by API key, on $name', ({ express }) => {
  it('I95 are partners or merchants, of the organisation of their key', async () => {
    const { ask } = await whoIsCalling(apiKeyCallers(API_KEYS), express);

    expect(await ask(PARTNER)).toEqual(PARTNER_CALLER);
    expect(await ask(basic('merchant-key', 'merchant-secret'))).toEqual(MERCHANT_CALLER);
  });

  it('I96 repeated credentials are refused, even if one of them is right, and the same', async () => {
    const { ask } = await whoIsCalling(apiKeyCallers(API_KEYS), express);

    expect(await ask({ authorization: [PARTNER, PARTNER] })).toBe('refused');
    expect(await ask({ authorization: [PARTNER, 'Bearer x'] })).toBe('refused');
    expect(await ask({ authorization: ['Basic x', PARTNER] })).toBe('refused');
    expect(await ask({ authorization: ['Bearer x', PARTNER] })).toBe('none');
  });
});

describe('API keys in HTTP Basic', () => {
  it.each([
    ['in lower case', PARTNER.replace('Basic', 'basic')],
    ['in upper case', PARTNER.replace('Basic', 'BASIC')],
    ['with more than one space', PARTNER.replace(' ', '   ')],
    ['without padding', PARTNER.replace(/=+$/, '')],
  ])('I95 are taken %s', async (_, header) => {
    const { ask } = await whoIsCalling(apiKeyCallers(API_KEYS));

    expect(await ask(header)).toEqual(PARTNER_CALLER);
  });

  it.each([
    ['nothing', 'Basic'],
    ['nothing but a space', 'Basic '],
    ['bad base64', 'Basic !!!!'],
    ['base64url', `Basic ${Buffer.from('partner-key:\u00fb\u00ff').toString('base64url')}`],
    ['base64 with spaces', `${PARTNER.slice(0, 12)} ${PARTNER.slice(12)}`],
    ['base64 with more behind its padding', 'Basic YTpi==YQ'],
    ['no colon', encoded('partner-key')],
    ['bad UTF-8', encoded(Buffer.from([0x61, 0x3a, 0xff, 0xfe]))],
    ['NUL', encoded('partner-key:partner-secret\0')],
    ['a line break', encoded('partner-key:partner-secret\n')],
    ['DEL', encoded('partner-key\x7f:partner-secret')],
    ['an empty id', encoded(':partner-secret')],
    ['an empty secret', encoded('partner-key:')],
    ['a lone colon', encoded(':')],
    ['a wrong secret', basic('partner-key', 'wrong')],
    ['a secret that goes on', basic('partner-key', 'partner-secret2')],
    ['a secret cut short', basic('partner-key', 'partner-secre')],
    ['a secret in other letters', basic('partner-key', 'Partner-Secret')],
    ['an unknown id', basic('nobody', 'partner-secret')],
    ['an id in other letters', basic('Partner-Key', 'partner-secret')],
    ['id and secret form-urlencoded, as OAuth has it', basic('partner%2Dkey', 'partner%2Dsecret')],
    ['the id __proto__', basic('__proto__', '')],
    ['the id constructor', basic('constructor', 'undefined')],
    ['the id toString', basic('toString', 'undefined')],
    ['the id length', basic('length', '4')],
    ['the id 0', basic('0', 'partner-secret')],
  ])('I96 are refused with %s', async (_, header) => {
    const { ask } = await whoIsCalling(apiKeyCallers(API_KEYS));

    expect(await ask(header)).toBe('refused');
  });

  it.each([
    ['no header', {}],
    ['Bearer', { authorization: 'Bearer abc' }],
    ['another scheme', { authorization: `Digest ${PARTNER.slice(6)}` }],
    ['a scheme that begins alike', { authorization: PARTNER.replace('Basic', 'BasicX') }],
    ['credentials without a scheme', { authorization: PARTNER.slice(6) }],
    ['an empty header', { authorization: '' }],
    ['credentials in another header', { 'proxy-authorization': PARTNER }],
  ])('I96 are none with %s', async (_, headers) => {
    const { ask } = await whoIsCalling(apiKeyCallers(API_KEYS));

    expect(await ask(headers)).toBe('none');
  });

  it('I96 are not looked for in the query', async () => {
    const { ask } = await whoIsCalling(apiKeyCallers(API_KEYS));

    expect(await ask({}, '/?client_id=partner-key&client_secret=partner-secret&key=partner-key:partner-secret')).toBe('none');
  });

  it('I95 split at the first colon: a secret may hold more of them, and any other character', async () => {
    const secret = 'a:b:c d%41+ö😀&=';
    const { ask } = await whoIsCalling(apiKeyCallers([key({ secret })]));

    expect(await ask(basic('k', secret))).toMatchObject({ actor: 'key k' });
  });

  it('I96 do not come to mean another secret by being decoded: bytes that are no UTF-8 are no replacement character', async () => {
    const { ask } = await whoIsCalling(apiKeyCallers([key({ secret: 'a\ufffd' })]));

    expect(await ask(basic('k', 'a\ufffd'))).toMatchObject({ actor: 'key k' });
    expect(await ask(encoded(Buffer.from([0x6b, 0x3a, 0x61, 0xff])))).toBe('refused');
  });

  it.each(['a\0', 'a\n', 'a\x7f', '\u0085'])('I96 are refused with a control character (%j), were it in the secret as it is kept', async secret => {
    const { ask } = await whoIsCalling(apiKeyCallers([key({ secret })]));

    expect(await ask(basic('k', secret))).toBe('refused');
  });

  it('I96 are gone when middleware before us has taken the header away', async () => {
    const { ask } = await whoIsCalling(apiKeyCallers(API_KEYS), undefined, (req, _res, next) => {
      delete req.headers.authorization;
      next();
    });

    expect(await ask(PARTNER)).toBe('none');
  });
});

describe('Secrets of API keys', () => {
  it('I95 may be several while they are rotated: each of them proves the key, and nothing else does', async () => {
    const { ask } = await whoIsCalling(apiKeyCallers([key({ secret: ['old', '', 'new'] })]));

    expect(await ask(basic('k', 'old'))).toMatchObject({ actor: 'key k' });
    expect(await ask(basic('k', 'new'))).toMatchObject({ actor: 'key k' });
    for (const wrong of ['', 'oldnew', 'old,,new', 'older']) expect(await ask(basic('k', wrong))).toBe('refused');
  });

  it.each([
    ['at once', (presented: string) => presented === 'right'],
    ['asynchronously', async (presented: string) => presented === 'right'],
  ])('I95 may be kept hashed: verifySecret decides, %s', async (_, verifySecret) => {
    const { ask } = await whoIsCalling(apiKeyCallers([key({ verifySecret })]));

    expect(await ask(basic('k', 'right'))).toMatchObject({ actor: 'key k' });
    expect(await ask(basic('k', 'wrong'))).toBe('refused');
  });

  it.each([[1], ['true'], [{ valid: false }], [null], [undefined]])('I96 verifySecret proves with true and with nothing else: not with %p', async verdict => {
    const { ask } = await whoIsCalling(apiKeyCallers([key({ verifySecret: () => verdict as unknown as boolean })]));

    expect(await ask(basic('k', 'any'))).toBe('refused');
  });

  it('I96 verifySecret decides alone, even beside a secret', async () => {
    const { ask } = await whoIsCalling(apiKeyCallers([key({ secret: 'plain', verifySecret: async () => false })]));

    expect(await ask(basic('k', 'plain'))).toBe('refused');
  });

  it("I96 a verifySecret that fails is the application's error, and proves nothing", async () => {
    const verifySecret = async () => Promise.reject(new Error('hash'));
    const { ask } = await whoIsCalling(apiKeyCallers([key({ verifySecret })]));

    expect(await ask(basic('k', 'any'))).toBe('failed: hash');
  });
});

describe('API keys that a function finds', () => {
  const found = key({ secret: 'right' });

  it.each([
    ['at once', (id: string) => (id === 'k' ? found : undefined)],
    ['asynchronously', async (id: string) => (id === 'k' ? found : undefined)],
  ])('I95 are as good as listed ones, found %s', async (_, find) => {
    const { ask } = await whoIsCalling(apiKeyCallers(find));

    expect(await ask(basic('k', 'right'))).toEqual({ actor: 'key k', level: 'merchant', organisation: 'shop' });
    expect(await ask(basic('k', 'wrong'))).toBe('refused');
    expect(await ask(basic('nobody', 'right'))).toBe('refused');
  });

  it('I96 are refused where there is none, were it null from a database', async () => {
    const { ask } = await whoIsCalling(apiKeyCallers(async () => null as unknown as undefined));

    expect(await ask(basic('k', 'right'))).toBe('refused');
  });

  it.each([
    ['no secret', undefined],
    ['an empty secret', ''],
    ['an empty list of secrets', []],
    ['a list of empty secrets', ['', '']],
  ])('I96 are never proved with %s', async (_, secret) => {
    const { ask } = await whoIsCalling(apiKeyCallers(() => key({ ...(secret !== undefined && { secret }) })));

    for (const presented of ['', 'undefined', 'null', '[]']) expect(await ask(basic('k', presented))).toBe('refused');
  });

  it("I96 a function that fails is the application's error, and finds nobody", async () => {
    const { ask } = await whoIsCalling(apiKeyCallers(async () => Promise.reject(new Error('database'))));

    expect(await ask(basic('k', 'right'))).toBe('failed: database');
  });

  it('I96 are asked for the id that was sent, decoded once, whatever it is', async () => {
    const asked: string[] = [];
    const { ask } = await whoIsCalling(apiKeyCallers(id => void asked.push(id)));

    for (const id of ['__proto__', '%41', 'ö😀', '', "' OR 1=1 --"]) await ask(basic(id, 's'));

    expect(asked).toEqual(['__proto__', '%41', 'ö😀', '', "' OR 1=1 --"]);
  });
});
