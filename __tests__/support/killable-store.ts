import { Redis } from 'ioredis';
import { redisStore } from 'livetoken';
import type { OpenStore } from './every-store.js';
import { startRedis, type RedisServer } from './redis-server.js';

/** A store on a Redis of its own, which may be killed and forgets nothing when restarted. It ends with the store. */
export async function killableStore(): Promise<{ readonly redis: RedisServer; readonly open: () => Promise<OpenStore> }> {
  const redis = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
  const open = async (): Promise<OpenStore> => {
    const store = redisStore(new Redis(redis.url, { lazyConnect: true }), { replica: false });
    await store.ready();
    return {
      store,
      async close() {
        await store.close();
        await redis.stop();
      },
    };
  };
  return { redis, open };
}
