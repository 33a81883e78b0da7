import { existsSync } from 'node:fs';

export interface Settings {
  readonly host: string;
  readonly port: number;
  /** Without it everything is kept in memory. */
  readonly redisUrl: string | undefined;
}

/** Something that the person at the keyboard can put right: shown as one line, without a stack. */
export class SettingsError extends Error {}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a file `.env` in the working directory says counts unless the environment says otherwise. */
export function loadEnvironment(): Environment {
  // Node has this from 20.12 on.
  const { loadEnvFile } = process as Partial<Pick<typeof process, 'loadEnvFile'>>;
  if (loadEnvFile !== undefined && existsSync('.env')) loadEnvFile('.env');
  return process.env;
}

/** @throws SettingsError naming the variable and what to write instead; never its value where that may hold a password */
export function readSettings(environment: Environment): Settings {
  return {
    host: given(environment, 'HOST') ?? '127.0.0.1',
    port: parsePort(given(environment, 'PORT') ?? '3000'),
    redisUrl: parseRedisUrl(given(environment, 'REDIS_URL')),
  };
}

const MAX_INSTANCES = 8;

/** @throws SettingsError */
export function readInstances(environment: Environment): number {
  const text = given(environment, 'INSTANCES') ?? '3';
  const instances = /^\d$/.test(text) ? Number(text) : NaN;
  if (instances >= 1 && instances <= MAX_INSTANCES) return instances;
  throw new SettingsError(`INSTANCES is ${JSON.stringify(text)}; give a number from 1 to ${MAX_INSTANCES}.`);
}

/** An empty variable is as good as none. */
function given(environment: Environment, name: string): string | undefined {
  const value = environment[name]?.trim();
  return value === '' ? undefined : value;
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port <= 65_535) return port;
  throw new SettingsError(`PORT is ${JSON.stringify(text)}; give a number from 0 to 65535, 0 for any free port.`);
}

function parseRedisUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const usable = url !== undefined && ['redis:', 'rediss:'].includes(url.protocol) && url.hostname !== '';
  if (usable) return text;
  throw new SettingsError('REDIS_URL is no Redis URL; give one such as redis://127.0.0.1:6379, or leave it out to keep everything in memory.');
}
