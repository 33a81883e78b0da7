import type { LiveTokenEvents, LiveTokens } from 'livetoken';

type Told = [name: keyof LiveTokenEvents, event: object];

/** Everything that is announced from now on, in order. */
export function eventsOf(live: LiveTokens): Told[] {
  const events: Told[] = [];
  for (const name of ['revoked', 'replayed', 'refused', 'unavailable'] as const) live.on(name, event => events.push([name, event]));
  return events;
}

export function namesOf(events: readonly Told[]): string[] {
  return events.map(([name]) => name);
}
