import { setTimeout as sleep } from 'node:timers/promises';
import { openReplicated, openSingle } from '../backend.js';
import { bucketOf, KEYS, putBack, replaceByText, tell } from '../redis-commands.js';
import { scenario } from '../scenario.js';

/** Somebody, or Redis itself, does something to the data. After it another instance starts: it knows only what is there then. */
export const DATA = [
  scenario({
    name: 'past-epochs',
    fault: 'none; revocations of what was issued up to some instant in the past',
    open: () => openSingle(),
    rates: { revocationsPerS: 15, weights: { ofThePast: 10, ofClient: 1, ofOrganisation: 1, ofSubject: 1 } },
    begin: () => undefined,
    holdMs: 2000,
  }),
  scenario({
    name: 'oom',
    fault: 'memory is full, nothing can be written (OOM); 1 replica acknowledges',
    open: () => openReplicated(1),
    store: { acknowledge: { replicas: 1 } },
    begin: ({ backend }) => tell(backend.current.port, ['CONFIG', 'SET', 'maxmemory', '1mb']),
    holdMs: 3000,
    heal: ({ backend }) => tell(backend.current.port, ['CONFIG', 'SET', 'maxmemory', '0']),
  }),
  scenario({
    name: 'eviction-policy',
    fault: 'maxmemory-policy turned to allkeys-lru, with memory to spare',
    open: () => openSingle('--maxmemory', '100mb'),
    isLong: true,
    store: { checkEveryMs: 500 },
    begin: ({ backend }) => tell(backend.current.port, ['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru']),
    holdMs: 3000,
    heal: ({ backend }) => tell(backend.current.port, ['CONFIG', 'SET', 'maxmemory-policy', 'noeviction']),
    // It asks every 500 ms whether it is well again.
    bounds: { guardRecoveryMs: 1600, copyRecoveryMs: 2600 },
  }),
  scenario({
    name: 'eviction',
    fault: 'keys evicted (allkeys-lru, memory full); then all revoked by hand',
    nature: { mayLose: true },
    open: () => openSingle(),
    // Whoever asks Redis every time learns of it when the server is looked at next: until then it is as if nothing had been revoked.
    guards: { a: 'replica', b: 'replica' },
    store: { checkEveryMs: 500 },
    begin: ({ backend }) => tell(backend.current.port, ['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru'], ['CONFIG', 'SET', 'maxmemory', '1mb']),
    holdMs: 3000,
    async heal(world) {
      const { port } = world.backend.current;
      await tell(port, ['CONFIG', 'SET', 'maxmemory', '0'], ['CONFIG', 'SET', 'maxmemory-policy', 'noeviction']);
      await world.traffic.revokeByHand(world.guard('a'), { kind: 'all' });
      await tell(port, ['CONFIG', 'RESETSTAT']);
    },
    bounds: { guardRecoveryMs: 1600, copyRecoveryMs: 2600 },
  }),
  scenario({
    name: 'flushall',
    fault: 'FLUSHALL',
    nature: { mayLose: true, breaks: 'wipe' },
    open: () => openSingle(),
    begin: ({ backend }) => tell(backend.current.port, ['FLUSHALL']),
    holdMs: 500,
    // Copies give each other a second before they call it settled.
    bounds: { guardRecoveryMs: 2000 },
    afterwards: world => world.join('d', 'replica'),
  }),
  scenario({
    name: 'del-log',
    fault: 'the log deleted (DEL)',
    nature: { mayLose: true, breaks: 'gap' },
    open: () => openSingle(),
    begin: ({ backend }) => tell(backend.current.port, ['DEL', KEYS.log]),
    holdMs: 500,
    afterwards: world => world.join('d', 'replica'),
  }),
  scenario({
    name: 'trim-log',
    isLong: true,
    fault: 'the log trimmed beyond where a copy has read (XTRIM)',
    nature: { mayLose: true },
    open: () => openSingle(),
    rates: { revocationsPerS: 20 },
    async begin({ backend }) {
      await backend.links.get('a')!.set('blackhole');
      await sleep(2500);
      await tell(backend.current.port, ['XTRIM', KEYS.log, 'MAXLEN', 1]);
    },
    holdMs: 200,
    heal: ({ backend }) => backend.setLinks('pass'),
    afterwards: world => world.join('d', 'replica'),
  }),
  scenario({
    name: 'trim-log-unseen',
    fault: 'the same, quick enough that the connection of the copy stays',
    nature: { mayLose: true },
    open: () => openSingle(),
    rates: { revocationsPerS: 20 },
    async begin({ backend }) {
      await backend.links.get('a')!.set('blackhole');
      await sleep(800);
      await tell(backend.current.port, ['XTRIM', KEYS.log, 'MAXLEN', 1]);
    },
    holdMs: 0,
    heal: ({ backend }) => backend.setLinks('pass'),
  }),
  scenario({
    name: 'script-flush',
    isLong: true,
    fault: 'scripts forgotten, every 100 ms (SCRIPT FLUSH)',
    open: () => openSingle(),
    async begin({ backend }) {
      for (let times = 0; times < 30; times++) {
        await tell(backend.current.port, ['SCRIPT', 'FLUSH']);
        await sleep(100);
      }
    },
    holdMs: 0,
  }),
  scenario({
    name: 'wrong-type',
    fault: 'keys of the log and of a bucket taken by another type',
    open: () => openSingle(),
    begin: ({ backend }) => replaceByText(backend.current.port, KEYS.log, bucketOf({ kind: 'all' })),
    holdMs: 2500,
    heal: ({ backend }) => putBack(backend.current.port, KEYS.log, bucketOf({ kind: 'all' })),
  }),
];
