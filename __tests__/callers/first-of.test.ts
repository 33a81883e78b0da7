import { apiKeyCallers, bearerCallers, firstOf, memoryStore, type Authenticate } from 'livetoken';
import { liveTokens } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';
import { API_KEYS, basic, PARTNER } from '../support/organisation-tree.js';
import { hangUp, whoIsCalling } from './support/who-is-calling.js';

afterEach(hangUp);

const caller = (actor: string) => ({ actor, level: 'user' }) as const;

function recorded(asked: string[], name: string, answer: Awaited<ReturnType<Authenticate>>): Authenticate {
  return async () => {
    asked.push(name);
    return answer;
  };
}

describe('The first of several ways to authenticate', () => {
  it('I95 is the first that finds credentials of its kind, and no other is asked after it', async () => {
    const asked: string[] = [];
    const { ask } = await whoIsCalling(
      firstOf(recorded(asked, 'first', undefined), recorded(asked, 'second', caller('second')), recorded(asked, 'third', caller('third'))),
    );

    expect(await ask()).toEqual(caller('second'));
    expect(asked).toEqual(['first', 'second']);
  });

  it('I96 refuses for good: what a later one would accept does not count', async () => {
    const asked: string[] = [];
    const { ask } = await whoIsCalling(firstOf(recorded(asked, 'first', 'refused'), recorded(asked, 'second', caller('second'))));

    expect(await ask()).toBe('refused');
    expect(asked).toEqual(['first']);
  });

  it('I96 is none where none finds any', async () => {
    const { ask } = await whoIsCalling(firstOf(async () => undefined, async () => undefined));

    expect(await ask()).toBe('none');
    expect(await (await whoIsCalling(firstOf())).ask()).toBe('none');
  });

  it('I96 fails where one fails: the next is not asked in its place', async () => {
    const asked: string[] = [];
    const { ask } = await whoIsCalling(firstOf(async () => Promise.reject(new Error('down')), recorded(asked, 'second', caller('second'))));

    expect(await ask()).toBe('failed: down');
    expect(asked).toStrictEqual([]);
  });

  it.each([
    ['keys first', true],
    ['tokens first', false],
  ])('I95 takes API keys and tokens side by side, %s', async (_, keysFirst) => {
    const issuer = createIssuer();
    const live = liveTokens(memoryStore(), issuer);
    const ways = [apiKeyCallers(API_KEYS), bearerCallers(live)];
    const { ask } = await whoIsCalling(firstOf(...(keysFirst ? ways : ways.reverse())));
    const token = `Bearer ${issuer.token()}`;

    expect(await ask(PARTNER)).toMatchObject({ actor: 'key partner-key' });
    expect(await ask(token)).toMatchObject({ actor: 'user alice' });
    expect(await ask(basic('partner-key', 'wrong'))).toBe('refused');
    expect(await ask('Bearer wrong')).toBe('refused');
    expect(await ask()).toBe('none');
    expect(await ask('Digest abc')).toBe('none');
    for (const both of [[PARTNER, token], [token, PARTNER]]) expect(await ask({ authorization: both })).toBe('refused');
  });
});
