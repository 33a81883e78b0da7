import { setTimeout as sleep } from 'node:timers/promises';
import { isUnavailable } from '../errors.js';
import { targetKey } from '../model/target-key.js';
import type { ServerMonitor, StoreWarning } from '../stores/store-warning.js';
import type { RevocationStore } from '../stores/store.js';

const ALL = targetKey({ kind: 'all' });

const AGAIN_MS = 20;

/**
 * Resolves once Redis can be asked, with what makes it not to be trusted: it can still be written to and looked at, and the store itself
 * refuses what it must. Rejects, as `ready()` of the application does, where it cannot be reached.
 *
 * An application also waits until its copy of the revocations is complete, which takes the longer the more there are. A command asks once
 * and ends: until the copy is complete the store asks Redis itself, so nobody waits for it here.
 */
export async function untilReachable(store: RevocationStore): Promise<readonly StoreWarning[]> {
  const over = new AbortController();
  try {
    await (store.replica === undefined ? store.ready() : Promise.race([store.ready(), untilAnswered(store, over.signal)]));
  } catch (error) {
    // Be it that the application gives its copy less time than this process took to ask.
    if (dangersOf(store).length === 0 && !(await hasAnswered(store))) throw error;
  } finally {
    over.abort();
  }
  return dangersOf(store);
}

function dangersOf({ server }: RevocationStore): readonly StoreWarning[] {
  return server?.warnings.filter(({ refuses }) => refuses) ?? [];
}

/** Where there is no answer, `ready()` says why. */
async function untilAnswered(store: RevocationStore, over: AbortSignal): Promise<void> {
  while (!over.aborted && !(await hasAnswered(store))) await sleep(AGAIN_MS);
}

/** Asks on the connection for checks and on the one for all else. As soon as both are there the store looks how the server is set up. */
async function hasAnswered(store: RevocationStore): Promise<boolean> {
  try {
    await Promise.all([store.epochs([ALL], 'strong'), store.tracked([ALL])]);
  } catch (error) {
    if (isUnavailable(error)) return false;
    throw error;
  }
  await (store.server as Inspecting | undefined)?.run?.();
  return true;
}

/** As the store on Redis does it; one that was made elsewhere may not. */
type Inspecting = ServerMonitor & { run?(): Promise<void> };
