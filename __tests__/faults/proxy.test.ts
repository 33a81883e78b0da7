import { once } from 'node:events';
import { connect } from 'node:net';
import { until, untilResolved } from '../stores/support/until.js';
import { startRedis } from '../support/redis-server.js';
import { endOf, linkedRedis } from './linked-redis.js';

const redis = linkedRedis();

describe('a link', () => {
  it('passes everything on, whole and in order', async () => {
    const over = await redis.client();
    const long = 'x'.repeat(5_000_000);
    await over.set('long', long);
    const replies = await Promise.all([over.get('long'), over.echo('a'), over.echo('b')]);
    expect(replies).toEqual([long, 'a', 'b']);
  });

  it('ends at the server when the client ends, and at the client when the server does', async () => {
    const over = await redis.client();
    over.disconnect();
    await until(() => redis.link.connections === 0);
    const { socket } = await redis.rawClient();
    const ended = once(socket, 'end');
    socket.write('QUIT\r\n');
    await ended;
    await until(() => redis.link.connections === 0);
    expect(await redis.onServer(async direct => (await direct.client('LIST') as string).trim().split('\n').length)).toBe(1);
  });

  it('resets the client where the server is away', async () => {
    const away = await startRedis();
    redis.link.leadTo(away.port);
    await away.stop();
    await expect(redis.client()).rejects.toThrow();
  });

  it('leads elsewhere once it is told to, and what connections there were are reset', async () => {
    const before = await redis.client();
    const ended = endOf(before);
    redis.link.leadTo(redis.other.port);
    await ended;
    const after = await redis.client();
    expect(await after.get('where')).toBe('other');
  });

  it('leaves nothing open when it is closed', async () => {
    const over = await redis.client();
    const ended = endOf(over);
    await redis.link.set('blackhole');
    await redis.link.close();
    await ended;
    await expect(redis.client()).rejects.toThrow();
    expect(redis.link.connections).toBe(0);
  });
});

describe('delay', () => {
  it('keeps what was sent before a change before what was sent after it', async () => {
    const over = await redis.client();
    await redis.link.set({ delayMs: 150 });
    const order: string[] = [];
    const slow = over.echo('slow').then(text => order.push(text));
    expect(await redis.hasSettled(slow)).toBe(false);
    await redis.link.set('pass');
    await Promise.all([slow, over.echo('fast').then(text => order.push(text))]);
    expect(order).toEqual(['slow', 'fast']);
  });

  it('takes twice the delay there and back', async () => {
    const over = await redis.client();
    await redis.link.set({ delayMs: 60 });
    const sentAtMs = performance.now();
    await over.ping();
    expect(performance.now() - sentAtMs).toBeGreaterThan(118);
  });
});

describe('reset', () => {
  it('resets the connections there are and those to come, for as long as it lasts', async () => {
    const { socket } = await redis.rawClient();
    const failed = new Promise(resolve => socket.once('error', resolve));
    await redis.link.set('reset');
    expect(await failed).toMatchObject({ code: 'ECONNRESET' });
    await expect(redis.client()).rejects.toThrow();
    await redis.link.set('pass');
    expect(await (await redis.client()).get('where')).toBe('server');
  });

  it('can be had once, for the connections there are', async () => {
    const over = await redis.client();
    const ended = endOf(over);
    redis.link.reset();
    await ended;
    expect(await (await redis.client()).get('where')).toBe('server');
  });
});

describe('sliced', () => {
  it.each([1, 3])('brings replies in slices of %i bytes at most, and whole', async sliceBytes => {
    await redis.link.set({ sliceBytes });
    const { socket, arrived } = await redis.rawClient();
    socket.write('ECHO abcdefghijklmnopqrstuvwxyz\r\n');
    await until(() => arrived.join('') === '$26\r\nabcdefghijklmnopqrstuvwxyz\r\n');
    expect(arrived.length).toBeGreaterThan(3);
  });

  it('is understood by a client all the same', async () => {
    await redis.link.set('sliced');
    const over = await redis.client();
    const text = 'é€'.repeat(300);
    expect(await Promise.all([over.echo(text), over.get('where')])).toEqual([text, 'server']);
  });
});

describe('cut', () => {
  it('ends a connection in the midst of its next reply', async () => {
    const { socket, arrived } = await redis.rawClient();
    await redis.link.set('cut');
    const ended = once(socket, 'end');
    socket.write('ECHO abcdefgh\r\n');
    await ended;
    expect('$8\r\nabcdefgh\r\n'.startsWith(arrived.join(''))).toBe(true);
    expect(arrived.join('').length).toBe(7);
  });

  it('is a failure to the client, of a request that was carried out', async () => {
    const over = await redis.client();
    await redis.link.set('cut');
    await expect(over.set('cut', '1')).rejects.toThrow();
    expect(await redis.isSetOnServer('cut')).toBe(true);
    await redis.link.set('pass');
    expect(await (await redis.client()).get('where')).toBe('server');
  });
});

describe('refuse', () => {
  it('refuses connections, and listens on the same port again afterwards', async () => {
    const over = await redis.client();
    const ended = endOf(over);
    const { port } = redis.link;
    await redis.link.set('refuse');
    await ended;
    const socket = connect(port, '127.0.0.1');
    expect(await new Promise(resolve => socket.once('error', resolve))).toMatchObject({ code: 'ECONNREFUSED' });
    await redis.link.set('pass');
    expect(redis.link.port).toBe(port);
    expect(await (await redis.client()).get('where')).toBe('server');
  });

  it('ends as the last mode that it was told, however fast they come', async () => {
    await redis.client();
    await Promise.all([redis.link.set('refuse'), redis.link.set('pass')]);
    expect(await (await redis.client()).get('where')).toBe('server');
    await Promise.all([redis.link.set('pass'), redis.link.set('refuse')]);
    await expect(redis.client()).rejects.toThrow();
  });
});

it('a client that reconnects by itself works again after each of them', async () => {
  const over = redis.untiringClient();
  const modes = ['blackhole', 'repliesDropped', 'requestsDropped', 'zombie', 'cut', 'reset', 'refuse'] as const;
  for (const mode of modes) {
    await redis.link.set(mode);
    await expect(over.get('where')).rejects.toThrow();
    await redis.link.set('pass');
    expect(await untilResolved(() => over.get('where'))).toBe('server');
  }
});
