import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LiveTokens } from '../live-tokens.js';
import type { Configuration } from '../policy/options.js';
import type { RedisClient } from '../stores/redis/connections.js';
import { badUsage, type CommandFailure } from './exit-status.js';
import { placeOf } from './failures.js';

/** What a config file says. */
export interface Configured {
  readonly live: LiveTokens;
  readonly configuration: Configuration;
  /** The client that the store was made from, where the file exports it. */
  readonly redis: RedisClient | undefined;
}

/**
 * The LiveTokens of the application, made by a module of the application: its default export, or what that makes when it is called.
 *
 * @throws CommandFailure (rejects)
 */
export async function loadConfig(file: string): Promise<Configured> {
  const { default: exported, redis } = await importFile(file);
  const live = typeof exported === 'function' ? await made(file, exported as () => unknown) : exported;
  const configuration = configurationOf(live);
  if (configuration === undefined) {
    throw badUsage(
      `The default export of ${file} is neither a LiveTokens nor a function that makes one. Write: export default createLiveTokens({ ... }). ` +
        'With liveIssuers give each issuer a file of its own.',
    );
  }
  if (configuration.store.name === 'memory') {
    throw badUsage(`${file} keeps revocations in memory: this process would have a memory of its own, with nothing in it. Use redisStore there.`);
  }
  return { live: live as LiveTokens, configuration, redis: isClient(redis) ? redis : undefined };
}

type Exports = Readonly<Record<'default' | 'redis', unknown>>;

async function importFile(file: string): Promise<Exports> {
  try {
    // eslint-disable-next-line no-restricted-syntax -- the file is the user's, named on the command line
    return (await import(pathToFileURL(resolve(file)).href)) as Exports;
  } catch (error) {
    throw unusable(file, 'could not be loaded', error);
  }
}

async function made(file: string, make: () => unknown): Promise<unknown> {
  try {
    return await make();
  } catch (error) {
    throw unusable(file, 'exports a function that failed', error);
  }
}

/** The message of the error may quote whatever the file reads, its secrets too. */
function unusable(file: string, what: string, error: unknown): CommandFailure {
  const { code, name = 'an error' } = error as { readonly code?: unknown; readonly name?: string };
  const why = typeof code === 'string' ? `${name}, ${code}` : name;
  return badUsage(`${file} ${what} (${why}${error instanceof Error ? placeOf(error) : ''}). To see all of the error run: node ${file}`);
}

/** Asked of its own class: a CommonJS file has other classes than this process. */
function configurationOf(live: unknown): Configuration | undefined {
  const { constructor: made } = (live ?? {}) as { readonly constructor?: Partial<typeof LiveTokens> };
  return typeof made?.configurationOf === 'function' ? made.configurationOf(live) : undefined;
}

function isClient(redis: unknown): redis is RedisClient {
  return typeof (redis as Partial<RedisClient> | undefined)?.duplicate === 'function';
}
