import { SettingsError } from '../settings.js';
import { startInstances } from './instances.js';
import { findRedisServer, startOwnRedis, type OwnRedis } from './own-redis.js';

/** A running process of the demo, as the console shows it. */
export interface Instance {
  readonly name: string;
  readonly url: string;
}

/** A Redis that may be taken away from everybody, and given back with its data. */
export interface RedisSwitch {
  readonly isOn: boolean;
  turnOn(): Promise<void>;
  turnOff(): Promise<void>;
}

/** Several instances on one Redis. */
export interface Fleet {
  readonly instances: readonly Instance[];
  /** Only of a Redis that the fleet has started itself. */
  readonly redis?: RedisSwitch;
}

export interface FleetSettings {
  /** How many. */
  readonly instances: number;
  /** Default: a Redis of its own. */
  readonly redisUrl: string | undefined;
}

export interface RunningFleet extends Fleet {
  readonly redisUrl: string;
  close(): Promise<void>;
}

/** @throws SettingsError where there is no Redis to be had */
export async function startFleet({ instances: count, redisUrl: given }: FleetSettings): Promise<RunningFleet> {
  const redis = given === undefined ? await startOwnRedis(redisServer()) : undefined;
  const redisUrl = given ?? (redis as OwnRedis).url;
  try {
    const running = await startInstances(count, redisUrl);
    return {
      instances: running.instances,
      redisUrl,
      ...(redis !== undefined && { redis }),
      close: async () => {
        await running.close();
        await redis?.close();
      },
    };
  } catch (error) {
    await redis?.close();
    throw error;
  }
}

function redisServer(): string {
  const program = findRedisServer();
  if (program !== undefined) return program;
  throw new SettingsError(
    'The fleet needs a Redis, and no redis-server was found on the PATH. Install it (apt-get install redis-server, brew install redis), ' +
    'or name a running one: REDIS_URL=redis://127.0.0.1:6379 npm run demo:fleet. Without Redis there is npm run demo: one instance, in memory.',
  );
}
