import { setTimeout as sleep } from 'node:timers/promises';
import { openCluster, openSentinel } from '../groups.js';
import { moveSlot } from '../slot-move.js';
import { KEYS } from '../redis-commands.js';
import { scenario } from '../scenario.js';

/** Servers that replace their primary themselves: Redis Sentinel, Redis Cluster. */
export const GROUPS = [
  scenario({
    name: 'sentinel-kill',
    fault: 'Sentinel: primary killed',
    nature: { mayLose: true, isFailover: true },
    open: openSentinel,
    store: { acknowledge: { replicas: 1 } },
    async begin({ backend }) {
      const old = await backend.group.primary();
      await old.kill();
      await backend.group.untilReplaced(old);
      await old.restart();
    },
    holdMs: 0,
    heal: ({ backend }) => backend.group.untilWhole(),
  }),
  scenario({
    name: 'sentinel-pause',
    isLong: true,
    fault: 'Sentinel: primary stands still for 4 s, is replaced, and goes on (split brain)',
    nature: { mayLose: true, isFailover: true },
    open: openSentinel,
    store: { acknowledge: { replicas: 1 } },
    async begin({ backend }) {
      const old = await backend.group.primary();
      old.pause();
      await Promise.all([backend.group.untilReplaced(old), sleep(4000)]);
      old.resume();
    },
    holdMs: 0,
    heal: ({ backend }) => backend.group.untilWhole(),
  }),
  scenario({
    name: 'cluster-kill',
    fault: 'Cluster: primary of the keys killed',
    nature: { mayLose: true, isFailover: true },
    open: () => openCluster({ replicas: true }),
    store: { acknowledge: { replicas: 1 } },
    async begin({ backend }) {
      const old = await backend.cluster.ownerOf(KEYS.log);
      await old.kill();
      await backend.cluster.untilReplaced(KEYS.log, old);
      await old.restart();
    },
    holdMs: 0,
    heal: ({ backend }) => backend.untilWhole(),
  }),
  scenario({
    name: 'cluster-stop',
    fault: 'Cluster: primary of the keys stands still, is replaced, and goes on',
    nature: { mayLose: true, isFailover: true },
    open: () => openCluster({ replicas: true }),
    store: { acknowledge: { replicas: 1 } },
    async begin({ backend }) {
      const old = await backend.cluster.ownerOf(KEYS.log);
      old.pause();
      await backend.cluster.untilReplaced(KEYS.log, old);
      await sleep(1000);
      old.resume();
    },
    holdMs: 0,
    heal: ({ backend }) => backend.untilWhole(),
  }),
  scenario({
    name: 'slot-migration',
    fault: 'Cluster: the slot of the keys moves to another node, key by key',
    open: () => openCluster({ replicas: false }),
    begin: ({ backend }) => moveSlot(backend.cluster.nodes, KEYS.log, 3000),
    holdMs: 0,
  }),
  scenario({
    name: 'slot-migration-acknowledged',
    isLong: true,
    fault: 'Cluster, a replica acknowledges: the slot of the keys moves to another node, key by key',
    open: () => openCluster({ replicas: true }),
    store: { acknowledge: { replicas: 1 } },
    begin: ({ backend }) => moveSlot(backend.cluster.nodes, KEYS.state, 3000),
    holdMs: 0,
  }),
];
