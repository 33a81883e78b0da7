import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchRedis } from '../harness/redis.js';

/** What a Redis says of itself. All but the memory and the connections is counted from its start. */
export interface RedisFigures {
  readonly cpuMicros: number;
  readonly commands: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly usedMemoryBytes: number;
  readonly residentBytes: number;
  readonly connections: number;
}

export async function redisFigures(redis: BenchRedis): Promise<RedisFigures> {
  const micros = await redis.cpuMicros();
  const info = await redis.client.info();
  const figure = (name: string): number => {
    const value = Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? Number.NaN);
    if (Number.isNaN(value)) throw new Error(`INFO says nothing of ${name}.`);
    return value;
  };
  return {
    cpuMicros: micros,
    commands: figure('total_commands_processed'),
    receivedBytes: figure('total_net_input_bytes'),
    sentBytes: figure('total_net_output_bytes'),
    usedMemoryBytes: figure('used_memory'),
    residentBytes: figure('used_memory_rss'),
    connections: figure('connected_clients'),
  };
}

/** Buffers of connections and the log of slow commands are memory too, and none of the data's. */
export async function settledFigures(redis: BenchRedis): Promise<RedisFigures> {
  for (let attempt = 0; attempt < 200; attempt++) {
    await redis.client.slowlog('RESET');
    const figures = await redisFigures(redis);
    if (figures.connections === 1) return figures;
    await sleep(20);
  }
  throw new Error('Connections to Redis stayed open.');
}
