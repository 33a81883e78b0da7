import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import type { FailedAttemptsOptions, OAuthClient, OAuthOptions } from 'livetoken';
import { until } from '../stores/support/until.js';
import { CLIENTS, GARBAGE, closeOAuthApps, openOAuthApp, type OAuthApp } from '../support/oauth-app.js';
import { sharedRedisUrl } from '../support/redis-url.js';

const { web, mobile } = CLIENTS;
const WRONG = 'canary-wrong';
const LIMIT = 5;
/** Far more than may fail. */
const MANY = 60;

afterEach(closeOAuthApps);

/** Work that somebody else does and that has not ended: a database, argon2, a limiter on Redis. */
class Held {
  /** That have begun. */
  begun = 0;
  /** Most that were under way at a time. */
  most = 0;
  #underWay = 0;
  #release: () => void = () => undefined;
  #released = Promise.resolve();

  constructor() {
    this.hold();
  }

  hold(): void {
    this.#released = new Promise((resolve) => { this.#release = resolve; });
  }

  async work(): Promise<void> {
    this.begun += 1;
    this.#underWay += 1;
    this.most = Math.max(this.most, this.#underWay);
    await this.#released;
    // What is really asynchronous ends in another turn of the event loop.
    await new Promise((resolve) => { setImmediate(resolve); });
    this.#underWay -= 1;
  }

  release(): void {
    this.#release();
  }
}

interface Crowd {
  readonly app: OAuthApp;
  readonly arrived: () => number;
}

async function open(oauth: Partial<OAuthOptions>, failedAttempts: FailedAttemptsOptions = {}): Promise<Crowd> {
  let arrived = 0;
  const app = await openOAuthApp({
    before: [(_req, _res, next) => { arrived += 1; next(); }],
    oauth: { ...oauth, failedAttempts: { limit: LIMIT, ...failedAttempts } },
  });
  return { app, arrived: () => arrived };
}

interface Guess { readonly id?: string; readonly secret?: string }

/** Sends all of them; each answer is there once it has come. */
function send({ app }: Crowd, guesses: readonly Guess[]): Promise<readonly number[]> {
  const answers = guesses.map(async ({ id = web.id, secret = WRONG }) => (await app.postAs({ id, secret }, '/introspect', { token: GARBAGE })).status);
  return Promise.all(answers);
}

const wrong = (times: number): readonly Guess[] => Array.from({ length: times }, () => ({}));
const RIGHT: Guess = { secret: web.secret };

const counted = (statuses: readonly number[]) => ({
  ok: statuses.filter((status) => status === 200).length,
  failed: statuses.filter((status) => status === 401).length,
  refused: statuses.filter((status) => status === 429).length,
});

const slowly = (held: Held, client: { readonly id: string; readonly secret: string } = web): OAuthClient => ({
  id: client.id,
  verifySecret: async (secret) => {
    await held.work();
    return secret === client.secret;
  },
});

const SLOW: [string, (held: Held) => Partial<OAuthOptions>][] = [
  ['verifySecret', (held) => ({ clients: [slowly(held)] })],
  ['the look-up of the client', (held) => ({ clients: async (id) => { await held.work(); return id === web.id ? web : undefined; } })],
];

describe.each(SLOW)('attempts at once, while %s takes its time', (_, options) => {
  let held: Held;
  let crowd: Crowd;

  beforeEach(async () => {
    held = new Held();
    crowd = await open(options(held));
  });

  it('A20 no more are made than may fail, and none tells anything but those: a right one that comes after them neither', async () => {
    const first = send(crowd, wrong(LIMIT));
    await until(() => held.begun === LIMIT);
    const others = send(crowd, [...wrong(MANY - LIMIT - 1), RIGHT]);
    await until(() => crowd.arrived() === MANY);
    held.release();
    expect(counted(await first)).toEqual({ ok: 0, failed: LIMIT, refused: 0 });
    expect(counted(await others)).toEqual({ ok: 0, failed: 0, refused: MANY - LIMIT });
    expect(held.begun).toBe(LIMIT);
  });

  it('A20 a right one among those is told so, and takes nothing from the others', async () => {
    const first = send(crowd, [...wrong(LIMIT - 1), RIGHT]);
    await until(() => held.begun === LIMIT);
    const others = send(crowd, wrong(MANY - LIMIT));
    await until(() => crowd.arrived() === MANY);
    held.release();
    expect(counted(await first)).toEqual({ ok: 1, failed: LIMIT - 1, refused: 0 });
    expect(counted(await others)).toEqual({ ok: 0, failed: 1, refused: MANY - LIMIT - 1 });
    expect(held).toMatchObject({ begun: LIMIT + 1, most: LIMIT });
  });

  it('A20 what failed before is taken off', async () => {
    held.release();
    for (let i = 0; i < LIMIT - 1; i++) await send(crowd, wrong(1));
    held.hold();
    const all = send(crowd, wrong(MANY));
    await until(() => crowd.arrived() === LIMIT - 1 + MANY);
    held.release();
    expect(counted(await all)).toEqual({ ok: 0, failed: 1, refused: MANY - 1 });
    expect(held).toMatchObject({ begun: LIMIT, most: 1 });
  });

  it('A20 right ones never wait for more than their turn, however many there are', async () => {
    const all = send(crowd, Array.from({ length: 300 }, () => RIGHT));
    await until(() => crowd.arrived() === 300);
    held.release();
    expect(counted(await all)).toEqual({ ok: 300, failed: 0, refused: 0 });
    expect(held).toMatchObject({ begun: 300, most: LIMIT });
  });
});

describe('attempts at once', () => {
  it('A20 are no more than may fail while a shared limiter has not said how many have', async () => {
    const [held, compared] = [new Held(), new Held()];
    compared.release();
    const limiter = () => ({ get: async () => held.work().then(() => null), consume: async () => undefined });
    const crowd = await open({ clients: [slowly(compared)] }, { limiter });
    const all = send(crowd, [...wrong(MANY - 1), RIGHT]);
    await until(() => crowd.arrived() === MANY);
    held.release();
    const { failed, ok } = counted(await all);
    expect(failed).toBe(LIMIT);
    expect(compared.most).toBeLessThanOrEqual(LIMIT);
    expect(compared.begun).toBe(LIMIT + ok);
  });

  it('A20 of a secret that is kept here are no more than may fail, though such a limiter takes its time', async () => {
    const held = new Held();
    const limiter = () => ({ get: async () => held.work().then(() => null), consume: async () => undefined });
    const crowd = await open({}, { limiter });
    const all = send(crowd, wrong(MANY));
    await until(() => crowd.arrived() === MANY);
    held.release();
    expect(counted(await all)).toEqual({ ok: 0, failed: LIMIT, refused: MANY - LIMIT });
  });

  it('A20 are no more than may fail with a limiter on Redis, which counts each of those and no other', async () => {
    const [held, storeClient, name] = [new Held(), new Redis(sharedRedisUrl()), randomUUID()];
    const limiter: FailedAttemptsOptions['limiter'] = (settings) => new RateLimiterRedis({ storeClient, ...settings, keyPrefix: `${name}:${settings.keyPrefix}` });
    const crowd = await open({ clients: [slowly(held)] }, { limiter });
    const all = send(crowd, wrong(MANY));
    await until(() => crowd.arrived() === MANY && held.begun === LIMIT);
    held.release();
    expect(counted(await all)).toEqual({ ok: 0, failed: LIMIT, refused: MANY - LIMIT });
    expect(held).toMatchObject({ begun: LIMIT, most: LIMIT });
    const keys = await storeClient.keys(`${name}:*`);
    expect(await storeClient.mget(keys)).toEqual([String(LIMIT), String(LIMIT)]);
    storeClient.disconnect();
  });

  it('A20 of all clients of one address are no more than may fail there', async () => {
    const held = new Held();
    const clients = async (id: string) => { await held.work(); return id === web.id ? web : undefined; };
    const crowd = await open({ clients }, { limitPerAddress: 7 });
    const all = send(crowd, Array.from({ length: MANY }, (_, i) => ({ id: `guess-${i}` })));
    await until(() => crowd.arrived() === MANY && held.begun === 7);
    held.release();
    expect(counted(await all)).toEqual({ ok: 0, failed: 7, refused: MANY - 7 });
    expect(held).toMatchObject({ begun: 7, most: 7 });
  });

  it('A20 of one client do not hold up another one', async () => {
    const held = new Held();
    const crowd = await open({ clients: [slowly(held), mobile] });
    const stuck = send(crowd, wrong(MANY));
    await until(() => crowd.arrived() === MANY);
    expect(await send(crowd, [{ id: mobile.id, secret: mobile.secret }])).toEqual([200]);
    held.release();
    expect(counted(await stuck)).toMatchObject({ failed: LIMIT });
  });

  it('A20 that end in an error of the application leave their places to others', async () => {
    const held = new Held();
    let isBroken = true;
    const clients = async () => {
      await held.work();
      if (isBroken) throw new Error('look-up failed');
      return web;
    };
    const crowd = await open({ clients });
    const all = send(crowd, Array.from({ length: MANY }, () => RIGHT));
    await until(() => crowd.arrived() === MANY);
    held.release();
    expect(new Set(await all)).toEqual(new Set([500]));
    isBroken = false;
    expect(await send(crowd, [RIGHT])).toEqual([200]);
    expect(held.most).toBe(LIMIT);
  });
});
