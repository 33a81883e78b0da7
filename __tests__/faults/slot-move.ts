import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** Moves the slot of a key from the node that has it to another, this key first and then one at a time, spread over this time. */
export async function moveSlot(nodes: readonly { readonly port: number }[], key: string, overMs: number): Promise<void> {
  const clients = nodes.map(({ port }) => new Redis({ port, host: '127.0.0.1' }));
  try {
    const [from, to, toPort] = await ends(clients, nodes, key);
    const slot = await from.cluster('KEYSLOT', key);
    await to.cluster('SETSLOT', slot, 'IMPORTING', await from.cluster('MYID'));
    await from.cluster('SETSLOT', slot, 'MIGRATING', await to.cluster('MYID'));
    const endsAtMs = performance.now() + overMs;
    for (let next: string | undefined = key; next !== undefined; [next] = await from.cluster('GETKEYSINSLOT', slot, 1)) {
      const left = await from.cluster('COUNTKEYSINSLOT', slot);
      await from.migrate('127.0.0.1', toPort, next, 0, 5000);
      await sleep(Math.max(0, (endsAtMs - performance.now()) / left));
    }
    const id = await to.cluster('MYID');
    // The new owner first: it has the keys, and must be the last that sends anybody elsewhere.
    for (const node of [to, ...clients.filter(client => client !== to)]) await node.cluster('SETSLOT', slot, 'NODE', id);
  } finally {
    for (const client of clients) client.disconnect();
  }
}

async function ends(clients: readonly Redis[], nodes: readonly { readonly port: number }[], key: string): Promise<readonly [Redis, Redis, number]> {
  const slots = await clients[0]!.cluster('SLOTS');
  const slot = await clients[0]!.cluster('KEYSLOT', key);
  const [, , [, port]] = slots.find(([first, last]) => first <= slot && slot <= last) as unknown as [number, number, [string, number]];
  const owner = nodes.findIndex(node => node.port === port);
  const target = (owner + 1) % nodes.length;
  return [clients[owner]!, clients[target]!, nodes[target]!.port];
}
