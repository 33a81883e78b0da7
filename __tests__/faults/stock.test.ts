import type { Target } from 'livetoken';
import { targetKey } from '../../lib/model/target-key.js';
import { bucketField } from '../../lib/stores/redis/keys.js';
import { startReplicatedRedis } from '../support/replicated-redis.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { ask } from './ask.js';
import { bucketOf } from './redis-commands.js';
import { Stock } from './stock.js';
import { wholeReplicas } from './whole-replicas.js';

const subject = (number: number): Target => ({ kind: 'subject', id: `subject-${number}` });

describe('The stock', () => {
  let server: RedisServer;
  beforeAll(async () => { server = await startRedis(); });
  afterAll(() => server.stop());
  const hold = (target: Target, value: string): Promise<unknown> => ask(server.port, client => client.hset(bucketOf(target), bucketField(targetKey(target)), value));
  const names = async (stock: Stock): Promise<readonly string[]> => (await stock.read(server.port)).revocations.map(({ target }) => target);

  it('is asked for what was there before, though nothing in use falls under it, until it may be gone', async () => {
    const nowMs = Date.now();
    await hold(subject(1), `${nowMs} ${nowMs + 60_000}`);
    await hold(subject(2), `${nowMs} ${nowMs - 1}`);
    let inUse = [subject(1), subject(2)];
    const stock = new Stock(() => inUse);
    expect(await names(stock)).toEqual(['subject:1', 'subject:2']);
    inUse = [];
    expect(await names(stock)).toEqual(['subject:1']);
  });
});

it('Replicas that lag behind are not whole', async () => {
  const { primary, replicas, stop } = await startReplicatedRedis(2);
  try {
    const ports = replicas.map(({ server }) => server.port);
    expect([...(await wholeReplicas(primary.port))].sort()).toEqual([...ports].sort());
    replicas[0]!.link.hold();
    await ask(primary.port, client => client.set('key', 'value'));
    expect(await wholeReplicas(primary.port)).toEqual([ports[1]]);
    expect(await wholeReplicas(ports[1]!)).toEqual([]);
  } finally {
    await stop();
  }
});
