import { Router } from 'express';
import type { Fleet } from '../fleet/fleet.js';
import type { Issuer } from '../issuer/issuer.js';
import { Cast } from './cast.js';
import { consoleApi } from './console-api.js';
import { Hub } from './hub.js';
import { createOperators } from './operators.js';
import { pageFiles, onlyByAddress } from './page-files.js';

export interface ConsoleOptions {
  readonly issuer: Issuer;
  /** Default: this process alone. */
  readonly fleet: Fleet | undefined;
  /** Ends every stream: the server is about to close. */
  readonly stopping: AbortSignal;
}

export interface Console {
  readonly router: Router;
  close(): Promise<void>;
}

/**
 * A page that shows revocation at work: who has tokens, a button to revoke at each level, and every instance calling its API with
 * these tokens meanwhile. Nothing of it runs before somebody looks at it.
 */
export function createConsole({ issuer, fleet, stopping }: ConsoleOptions): Console {
  const operators = createOperators();
  const cast = new Cast(issuer);
  const hub = new Hub({ live: issuer.live, cast, fleet });
  stopping.addEventListener('abort', () => { hub.stop(); });
  const router = Router();
  router.use(onlyByAddress);
  router.use('/api', consoleApi({ operators, live: issuer.live, hub, redis: fleet?.redis, stopping }));
  router.use(pageFiles());
  return {
    router,
    close: async () => {
      hub.stop();
      // What goes with this process need not be tidied up.
      if (issuer.live.health().store !== 'memory' && fleet?.redis === undefined) await cast.leave();
      await operators.close();
    },
  };
}
