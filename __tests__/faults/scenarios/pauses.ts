import { openSingle, type SingleBackend } from '../backend.js';
import { scenario, type Scenario } from '../scenario.js';

/** Redis stands still (SIGSTOP): its connections stay open, new ones are taken by the kernel, and nobody answers. */
function stopped(name: string, holdMs: number, isLong = false): Scenario {
  return scenario<SingleBackend>({
    name,
    isLong,
    fault: `stands still for ${holdMs / 1000} s (SIGSTOP)`,
    open: () => openSingle(),
    begin: ({ backend }) => { backend.current.pause(); },
    holdMs,
    heal: ({ backend }) => { backend.current.resume(); },
  });
}

/** The process of an instance stands still, as in a long collection or a loop that somebody wrote. */
function stalled(name: string, forMs: number, isLong = false): Scenario {
  return scenario<SingleBackend>({
    name,
    isLong,
    fault: `event loop of two instances held up for ${forMs / 1000} s`,
    nature: { instances: ['a', 'c'] },
    open: () => openSingle(),
    begin(world) {
      for (const instance of ['a', 'c']) world.guard(instance).stall(forMs);
    },
    holdMs: forMs + 200,
  });
}

export const PAUSES = [
  stopped('stop-200ms', 200, true),
  stopped('stop-2s', 2000),
  stopped('stop-20s', 20_000, true),
  stalled('stall-500ms', 500, true),
  stalled('stall-2s', 2000),
];
