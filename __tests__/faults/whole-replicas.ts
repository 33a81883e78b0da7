import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from './ask.js';

/** Replicas acknowledge once a second. */
const AWAITED_MS = 2500;
const TICK_MS = 100;

interface Replication {
  readonly offset: number;
  /** Of the replicas that are connected. */
  readonly acknowledged: readonly { readonly port: number; readonly offset: number }[];
}

/** Ports of the replicas that have all that this server had when it was asked; without those that do not get so far. */
export async function wholeReplicas(port: number): Promise<readonly number[]> {
  return ask(port, async client => {
    const look = async (): Promise<Replication> => read(await client.info('replication'));
    const { offset } = await look();
    for (const startedMs = performance.now(); ; await sleep(TICK_MS)) {
      const { acknowledged } = await look();
      const whole = acknowledged.filter(replica => replica.offset >= offset);
      if (whole.length === acknowledged.length || performance.now() - startedMs > AWAITED_MS) return whole.map(replica => replica.port);
    }
  });
}

function read(info: string): Replication {
  const lines = [...info.matchAll(/^slave\d+:ip=[^,]*,port=(\d+),state=online,offset=(\d+)/gm)];
  return {
    offset: Number(/^master_repl_offset:(\d+)/m.exec(info)?.[1]),
    acknowledged: lines.map(([, port, offset]) => ({ port: Number(port), offset: Number(offset) })),
  };
}
