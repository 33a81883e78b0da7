import type { Resolution } from './compile.js';

/** What an application may have beside the package. */
export interface Combination {
  readonly name: string;
  /** What npm is asked to install beside the package. */
  readonly packages: readonly string[];
  readonly hasRedis: boolean;
  /** Whether there is the API of OpenTelemetry. */
  readonly hasTelemetry: boolean;
  readonly resolutions: readonly Resolution[];
}

const TYPES = { 4: '@types/express@4', 5: '@types/express@5' } as const;

function combine(express: 4 | 5, ioredis: 5 | 6 | undefined, ...others: readonly Resolution[]): Combination {
  const optional = ioredis === undefined ? [] : [`ioredis@${ioredis}`, '@opentelemetry/api@1'];
  return {
    name: `Express ${express} ${ioredis === undefined ? 'without ioredis' : `and ioredis ${ioredis}`}`,
    packages: [`express@${express}`, TYPES[express], '@types/node@20', ...optional],
    hasRedis: ioredis !== undefined,
    hasTelemetry: ioredis !== undefined,
    resolutions: ['nodenext', ...others],
  };
}

/** All pairs under nodenext, which finds the ES and the CommonJS types. The others find the one or the other of them, whatever the pair. */
export const COMBINATIONS: readonly Combination[] = [
  combine(4, 5, 'node10'),
  combine(4, 6),
  combine(5, 5),
  combine(5, 6, 'bundler'),
  combine(4, undefined),
  combine(5, undefined),
];
