import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisServer } from '../../support/redis-server.js';
import { openReplicated, type ReplicatedBackend } from '../backend.js';
import { pushIdsAhead } from '../redis-commands.js';
import { scenario } from '../scenario.js';

const primaryAndTwo = (): Promise<ReplicatedBackend> => openReplicated(2);

/** The primary is lost while its replicas lack the last second and a half. Answers with it. */
async function losePrimary({ group }: ReplicatedBackend, lackingMs = 1500): Promise<RedisServer> {
  const old = group.primary;
  await group.holdReplication();
  await sleep(lackingMs);
  await old.kill();
  return old;
}

/** Another one takes its place, and it comes back as a replica. */
async function replace(backend: ReplicatedBackend, old: RedisServer): Promise<void> {
  backend.leadTo(await backend.group.promote());
  await old.restart();
  await backend.group.rejoin(old);
  await backend.group.untilWhole();
}

export const FAILOVERS = [
  scenario({
    name: 'promotion',
    fault: 'replication cut for 1.5 s, primary killed, a replica promoted; 1 replica acknowledges',
    nature: { mayLose: true, isFailover: true },
    open: primaryAndTwo,
    store: { acknowledge: { replicas: 1 } },
    begin: async ({ backend }) => replace(backend, await losePrimary(backend)),
    holdMs: 0,
    afterwards: world => world.join('d', 'replica'),
  }),
  scenario({
    name: 'promotion-unacknowledged',
    isLong: true,
    fault: 'the same, where the primary alone acknowledges, and copies have what it took with it',
    nature: { mayLose: true, isFailover: true, breaks: 'fork' },
    open: primaryAndTwo,
    guards: { a: 'replica', b: 'replica' },
    begin: async ({ backend }) => replace(backend, await losePrimary(backend)),
    holdMs: 0,
    afterwards: world => world.join('d', 'replica'),
  }),
  scenario({
    name: 'promotion-unpromised',
    fault: 'the same, and no instance has a copy: what was revoked last is back in use',
    nature: { mayLose: true, unpromised: true, isFailover: true },
    open: primaryAndTwo,
    guards: { c: 'direct', e: 'direct' },
    isLong: true,
    begin: async ({ backend }) => replace(backend, await losePrimary(backend)),
    holdMs: 0,
  }),
  scenario({
    name: 'promotion-direct',
    isLong: true,
    fault: 'the same, 1 replica acknowledges, and no instance has a copy',
    nature: { mayLose: true, isFailover: true },
    open: primaryAndTwo,
    guards: { c: 'direct', e: 'direct' },
    store: { acknowledge: { replicas: 1 } },
    begin: async ({ backend }) => replace(backend, await losePrimary(backend)),
    holdMs: 0,
  }),
  scenario({
    name: 'left-behind',
    fault: 'a failover that leaves all connections with the old primary, now a replica; 1 replica acknowledges',
    nature: { mayLose: true, isFailover: true },
    open: primaryAndTwo,
    store: { acknowledge: { replicas: 1 } },
    async begin({ backend }) {
      const old = backend.group.primary;
      backend.leadNewTo(await backend.group.promote());
      await backend.group.rejoin(old);
      await backend.group.untilWhole();
    },
    holdMs: 0,
  }),
  scenario({
    name: 'isolated-primary',
    fault: 'two instances stay with the old primary for 4 s, cut off from all else; 1 replica acknowledges',
    nature: { mayLose: true, isFailover: true },
    open: primaryAndTwo,
    store: { acknowledge: { replicas: 1 } },
    async begin({ backend }) {
      const old = backend.group.primary;
      await backend.group.holdReplication();
      const primary = await backend.group.promote();
      backend.links.get('b')!.leadTo(primary.port);
      await sleep(4000);
      backend.leadTo(primary);
      await backend.group.rejoin(old);
      await backend.group.untilWhole();
    },
    holdMs: 0,
  }),
  scenario({
    name: 'clock-behind',
    isLong: true,
    fault: 'a replica promoted whose log is a minute behind by its ids',
    nature: { mayLose: true, isFailover: true, breaks: 'fork' },
    open: primaryAndTwo,
    store: { acknowledge: { replicas: 1 } },
    async begin({ backend }) {
      await backend.group.holdReplication();
      await pushIdsAhead(backend.current.port, 60_000);
      await replace(backend, await losePrimary(backend));
    },
    holdMs: 0,
    afterwards: world => world.join('d', 'replica'),
  }),
  scenario({
    name: 'replicas-gone',
    fault: 'replication cut for 4 s, no failover; 1 replica acknowledges',
    open: primaryAndTwo,
    store: { acknowledge: { replicas: 1 } },
    begin: ({ backend }) => backend.group.holdReplication(),
    holdMs: 4000,
    async heal({ backend }) {
      await backend.group.releaseReplication();
      await backend.group.untilWhole();
    },
  }),
];
