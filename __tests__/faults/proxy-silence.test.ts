import { once } from 'node:events';
import { until } from '../stores/support/until.js';
import { startRedis } from '../support/redis-server.js';
import { endOf, linkedRedis } from './linked-redis.js';

const redis = linkedRedis();

describe('blackhole', () => {
  it('lets nothing through, and everything once it is over', async () => {
    const over = await redis.client();
    await redis.link.set('blackhole');
    const held = over.set('held', '1');
    expect(await redis.hasSettled(held)).toBe(false);
    expect(await redis.isSetOnServer('held')).toBe(false);
    await redis.link.set('pass');
    expect(await held).toBe('OK');
  });

  it('lets a write through late whose client has given up meanwhile', async () => {
    const over = await redis.client();
    await redis.link.set('blackhole');
    over.set('given up', '1').catch(() => undefined);
    await new Promise(setImmediate);
    over.disconnect();
    expect(await redis.isSetOnServer('given up')).toBe(false);
    await redis.link.set('pass');
    await until(() => redis.isSetOnServer('given up'));
  });

  it('accepts connections, which work once it is over', async () => {
    await redis.link.set('blackhole');
    const connecting = redis.client();
    expect(await redis.hasSettled(connecting)).toBe(false);
    await redis.link.set('pass');
    expect(await (await connecting).get('where')).toBe('server');
  });
});

describe('replies dropped', () => {
  it('has requests carried out that nobody hears of again, not even afterwards', async () => {
    const over = await redis.client();
    await redis.link.set('repliesDropped');
    const unheard = over.set('unheard', '1');
    unheard.catch(() => undefined);
    await until(() => redis.isSetOnServer('unheard'));
    await redis.link.set('pass');
    const next = over.echo('not the answer to the one before');
    next.catch(() => undefined);
    expect(await redis.hasSettled(Promise.race([unheard, next]))).toBe(false);
    expect(await (await redis.client()).get('where')).toBe('server');
  });

  it('spares a connection that had no reply to lose', async () => {
    const over = await redis.client();
    await redis.link.set('repliesDropped');
    await redis.link.set('pass');
    expect(await over.get('where')).toBe('server');
  });
});

describe('requests dropped', () => {
  it('has nothing carried out, not even afterwards', async () => {
    const over = await redis.client();
    await redis.link.set('requestsDropped');
    const lost = over.set('lost', '1');
    lost.catch(() => undefined);
    expect(await redis.hasSettled(lost)).toBe(false);
    await redis.link.set('pass');
    expect(await redis.hasSettled(lost)).toBe(false);
    expect(await redis.isSetOnServer('lost')).toBe(false);
    expect(await (await redis.client()).get('where')).toBe('server');
  });

  it('ends at the server when the client ends', async () => {
    const { socket } = await redis.rawClient();
    await redis.link.set('requestsDropped');
    socket.end('PING\r\n');
    await until(() => redis.onServer(async direct => (await direct.client('LIST') as string).trim().split('\n').length === 1));
    expect(redis.link.connections).toBe(0);
  });

  it('still lets the server speak', async () => {
    const over = await redis.client();
    await over.subscribe('news');
    const heard = once(over, 'message');
    await redis.link.set('requestsDropped');
    await redis.onServer(direct => direct.publish('news', 'arrives'));
    expect(await heard).toEqual(['news', 'arrives']);
  });
});

describe('zombie', () => {
  it('keeps connections open, accepts new ones, and answers none of them, not even afterwards', async () => {
    const over = await redis.client();
    await redis.link.set('zombie');
    const old = over.set('zombie', '1');
    old.catch(() => undefined);
    const { socket, arrived } = await redis.rawClient();
    socket.write('PING\r\n');
    expect(await redis.hasSettled(old)).toBe(false);
    expect(redis.link.connections).toBe(2);
    await redis.link.set('pass');
    expect(await redis.hasSettled(old)).toBe(false);
    expect([over.status, socket.readyState, arrived]).toEqual(['ready', 'open', []]);
    expect(await redis.isSetOnServer('zombie')).toBe(false);
    expect(await (await redis.client()).get('where')).toBe('server');
  });

  it('is for good even for connections on which nothing was said meanwhile', async () => {
    const old = await redis.rawClient();
    await redis.link.set('zombie');
    const fresh = await redis.rawClient();
    await redis.link.set('pass');
    old.socket.write('PING\r\n');
    fresh.socket.write('PING\r\n');
    expect(await (await redis.client()).ping()).toBe('PONG');
    expect([...old.arrived, ...fresh.arrived]).toEqual([]);
  });

  it('does not tell that the server has ended', async () => {
    const passing = await startRedis();
    redis.link.leadTo(passing.port);
    const over = await redis.client();
    await redis.link.set('zombie');
    await passing.stop();
    expect(await redis.hasSettled(endOf(over))).toBe(false);
  });
});
