import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { redisVersion } from './redis.js';
import { ROOT } from './root.js';

/** What a figure depends on besides the code. */
export interface Environment {
  readonly startedAt: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGiB: number;
    readonly system: string;
    /** Over 1, 5 and 15 minutes, before the run began. */
    readonly loadAverage: readonly number[];
  };
}

const PACKAGES = ['express', 'ioredis', 'jsonwebtoken', 'express-jwt', 'express-oauth2-jwt-bearer'];

export function environment(): Environment {
  const processors = cpus();
  return {
    startedAt: new Date().toISOString(),
    versions: {
      livetoken: livetokenVersion(),
      node: process.version,
      redis: redisVersion(),
      ...Object.fromEntries(PACKAGES.map(name => [name, versionOf(`node_modules/${name}/`)])),
    },
    machine: {
      cpu: processors[0]?.model ?? 'unknown',
      cores: processors.length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      system: `${platform()} ${release()} ${arch()}`,
      loadAverage: loadavg().map(load => Math.round(load * 100) / 100),
    },
  };
}

export function describeEnvironment({ startedAt, versions, machine }: Environment): readonly string[] {
  const { cpu, cores, memoryGiB, system, loadAverage } = machine;
  return [
    Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', '),
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}`,
    `${startedAt}, load average ${loadAverage.join(' ')} before the run`,
  ];
}

function livetokenVersion(): string {
  const commit = git('rev-parse', '--short', 'HEAD');
  if (commit === undefined) return versionOf('');
  const isChanged = git('status', '--porcelain', '--', 'lib', 'package.json') !== '';
  return `${versionOf('')} (${commit}${isChanged ? ' with changes' : ''})`;
}

function versionOf(directory: string): string {
  const { version } = JSON.parse(readFileSync(new URL(`${directory}package.json`, ROOT), 'utf8')) as { version: string };
  return version;
}

/** `undefined` where this is no checkout, or git is not there. */
function git(...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
