import { setTimeout as sleep } from 'node:timers/promises';
import { openSingle, type SingleBackend } from '../backend.js';
import type { LinkMode } from '../proxy.js';
import { scenario, type Definition, type Scenario } from '../scenario.js';

type Network = Pick<Definition<SingleBackend>, 'name' | 'fault' | 'holdMs'> & Partial<Pick<Definition<SingleBackend>, 'isLong' | 'store' | 'nature'>>;

/** The ways of all instances to Redis become like this, and then good again. */
function ways(mode: LinkMode, definition: Network): Scenario {
  return scenario<SingleBackend>({
    ...definition,
    open: () => openSingle(),
    begin: ({ backend }) => backend.setLinks(mode),
    async heal({ backend }) {
      await backend.setLinks('pass');
      // What is on its way stays so, there and back.
      if (typeof mode === 'object' && 'delayMs' in mode) await sleep(2 * mode.delayMs);
    },
  });
}

export const NETWORK = [
  scenario({
    name: 'reset',
    fault: 'connections reset (RST), every 300 ms',
    open: () => openSingle(),
    async begin({ backend }) {
      for (let times = 0; times < 10; times++) {
        for (const link of backend.links.values()) link.reset();
        await sleep(300);
      }
    },
    holdMs: 0,
  }),
  ways('blackhole', { name: 'blackhole', fault: 'nothing gets through, either way', holdMs: 4000 }),
  scenario({
    name: 'blackhole-one',
    isLong: true,
    fault: 'nothing gets through to one instance; all others go on',
    open: () => openSingle(),
    begin: ({ backend }) => backend.links.get('a')!.set('blackhole'),
    holdMs: 4000,
    heal: ({ backend }) => backend.setLinks('pass'),
  }),
  ways('repliesDropped', { name: 'replies-dropped', fault: 'commands arrive, replies do not', holdMs: 4000, isLong: true }),
  scenario({
    name: 'zombie',
    isLong: true,
    fault: 'open connections are dead and nobody is told; new ones work',
    open: () => openSingle(),
    async begin({ backend }) {
      await backend.setLinks('zombie');
      await backend.setLinks('pass');
    },
    // Healed is what finds out, and that is the instances' own affair.
    holdMs: 2500,
  }),
  ways('zombie', { name: 'zombies', fault: 'all connections are dead, new ones too, and nobody is told', holdMs: 4000 }),
  ways('refuse', { name: 'refuse', fault: 'connections end, and new ones are refused', holdMs: 3000, isLong: true }),
  ways({ delayMs: 50 }, { name: 'latency-50ms', fault: '50 ms of latency', holdMs: 3000, isLong: true }),
  ways({ delayMs: 300 }, { name: 'latency-300ms', fault: '300 ms of latency', holdMs: 4000, isLong: true }),
  ways({ delayMs: 1000 }, { name: 'latency-1s', fault: '1 s of latency', holdMs: 5000, isLong: true }),
  ways('sliced', { name: 'sliced', fault: 'replies arrive byte by byte', holdMs: 3000, isLong: true }),
  ways('cut', { name: 'cut', fault: 'connections are cut in the middle of a reply', holdMs: 3000 }),
];
