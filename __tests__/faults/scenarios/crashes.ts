import { openSingle } from '../backend.js';
import { fillKeyspace } from '../redis-commands.js';
import { scenario } from '../scenario.js';

/** Slows down what a server reads when it starts, and lets it say so meanwhile. */
const SLOW_LOADING = ['--key-load-delay', '1000', '--loading-process-events-interval-bytes', '1024'] as const;

/** Redis ends, and comes back with what it had written down, or without. */
export const CRASHES = [
  scenario({
    name: 'kill',
    fault: 'kill -9, back after 2 s with its append-only file',
    nature: { mayLose: true },
    open: () => openSingle(),
    begin: ({ backend }) => backend.current.kill(),
    holdMs: 2000,
    heal: ({ backend }) => backend.current.restart(),
  }),
  scenario({
    name: 'restart-aof',
    isLong: true,
    fault: 'restarted at once from its append-only file, three times',
    nature: { mayLose: true },
    open: () => openSingle(),
    async begin({ backend }) {
      for (let times = 0; times < 3; times++) await backend.current.restart();
    },
    holdMs: 0,
  }),
  scenario({
    name: 'restart-empty',
    fault: 'restarted without a file: all its data is gone',
    nature: { mayLose: true, breaks: 'wipe' },
    open: () => openSingle('--appendonly', 'no'),
    begin: ({ backend }) => backend.current.restart(),
    holdMs: 0,
    // Copies give each other a second before they call it settled.
    bounds: { guardRecoveryMs: 2000 },
    afterwards: world => world.join('d', 'replica'),
  }),
  scenario({
    name: 'loading',
    isLong: true,
    fault: 'loads its file for some seconds (LOADING)',
    nature: { mayLose: true },
    open: () => openSingle(...SLOW_LOADING),
    prepare: ({ backend }) => fillKeyspace(backend.current.port, 3000),
    // Resolves when it has been loaded.
    begin: ({ backend }) => backend.current.restart(),
    holdMs: 0,
  }),
];
