import { targetKey } from '../model/target-key.js';
import type { ReplicaFigures } from '../stores/replica/replica-state.js';
import type { StoreWarning } from '../stores/store-warning.js';
import type { RevocationStore } from '../stores/store.js';
import type { Events } from './events.js';
import type { LiveState, StoreState } from './store-state.js';

/** Any target would do. */
const ALL = targetKey({ kind: 'all' });

export interface Health {
  readonly store: string;
  /**
   * `live`: checks are answered, from memory or by the store. Where memory cannot tell, this is how the store last answered, and it is
   * asked again in the background at every call, twice a second at most.
   */
  readonly state: LiveState;
  /** Of a store with a copy in this process: how the copy is doing. */
  readonly replica?: ReplicaFigures;
  /** What stands against the server that keeps the revocations; absent where nothing does. */
  readonly warnings?: readonly StoreWarning[];
}

/**
 * Where memory cannot tell, or nothing was asked yet, the store is asked, so that the next answer is about now. Where memory can,
 * checks are answered whatever the store last failed to do.
 */
export function healthOf(store: RevocationStore, watched: StoreState): Health {
  const { name, local, replica, server } = store;
  const memoryTells = local?.version !== undefined;
  if (!memoryTells || watched.current === 'starting') watched.lookAgain(() => store.epochs([ALL]));
  const state = memoryTells && watched.current === 'unavailable' ? 'live' : watched.current;
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
