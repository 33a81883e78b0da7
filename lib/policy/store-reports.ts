import type { ReplicaFigures } from '../stores/replica/replica-state.js';
import type { StoreWarning } from '../stores/store-warning.js';
import type { RevocationStore } from '../stores/store.js';
import type { Events } from './events.js';
import type { LiveState } from './store-state.js';

export interface Health {
  readonly store: string;
  /** How the store last answered. */
  readonly state: LiveState;
  /** Of a store with a copy in this process: how the copy is doing. */
  readonly replica?: ReplicaFigures;
  /** What stands against the server that keeps the revocations; absent where nothing does. */
  readonly warnings?: readonly StoreWarning[];
}

export function healthOf({ name, replica, server }: RevocationStore, state: LiveState): Health {
  const warnings = server?.warnings ?? [];
  return {
    store: name,
    state,
    ...(replica !== undefined && { replica: replica.figures }),
    ...(warnings.length > 0 && { warnings }),
  };
}

/** Passes on what a store tells by itself. */
export function reportStore({ replica, server }: RevocationStore, events: Events): void {
  replica?.onChange((state, resync) => {
    events.emit('replica', { state, ...(resync !== undefined && { resync }) });
  });
  replica?.onHealed(healing => { events.emit('healed', { ...healing }); });
  server?.onWarning((warning, isOver) => {
    const isHeard = events.emit('storeWarning', { ...warning, isOver });
    // A warning that nobody asked for is one that nobody would hear: then it goes where Node's own go.
    if (!isHeard && !isOver) process.emitWarning(warning.message, { code: 'LIVETOKEN_STORE' });
  });
}
