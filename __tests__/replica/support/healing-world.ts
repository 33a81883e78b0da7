import { setImmediate as nextTurn } from 'node:timers/promises';
import { StoreUnavailableError } from '../../../lib/errors.js';
import type { TargetKey } from '../../../lib/model/target-key.js';
import { Archive, type KnownRevocation } from '../../../lib/stores/replica/archive.js';
import { Healer, type Healing } from '../../../lib/stores/replica/healer.js';
import type { Doubt } from '../../../lib/stores/replica/log-tail.js';
import { HOUR_MS } from '../../stores/support/builders.js';

export const WIPED: Doubt = { cause: 'wiped', incarnation: 'the first', isComplete: true };
export const TRIMMED: Doubt = { cause: 'trimmed', incarnation: 'the first', isComplete: true };

export const away = (): Promise<never> => Promise.reject(new StoreUnavailableError('It is away.'));

/** A store in this process that does what a test says, for what no real one can be made to do at will. */
export class HealingWorld {
  readonly archive = new Archive();
  readonly restored: KnownRevocation[][] = [];
  readonly settled: string[] = [];
  readonly healings: Healing[] = [];
  restore: (batch: readonly KnownRevocation[]) => Promise<boolean> = async () => true;
  settle: () => Promise<void> = async () => undefined;
  /** How often each was tried. */
  readonly tries = { restore: 0, settle: 0 };
  readonly #end = new AbortController();
  readonly healer = new Healer(
    {
      archive: this.archive,
      restore: async batch => {
        this.tries.restore += 1;
        const isWritten = await this.restore(batch);
        if (isWritten) this.restored.push([...batch]);
        return isWritten;
      },
      settle: async incarnations => {
        this.tries.settle += 1;
        await this.settle();
        this.settled.push(...incarnations);
        return true;
      },
      healed: healing => { this.healings.push(healing); },
    },
    this.#end.signal,
  );

  /** What this process knows. */
  know(all: readonly TargetKey[], epochMs = Infinity, keepForMs = HOUR_MS): void {
    for (const key of all) this.archive.add(key, epochMs, Date.now() + keepForMs);
  }

  tell(all: readonly TargetKey[], epochMs = Infinity): void {
    for (const key of all) this.healer.told(known(key, epochMs));
  }

  /** The log has been read to its end. */
  proven(): void {
    this.healer.proven(performance.now());
  }

  get restoredKeys(): string[] {
    return this.restored.flat().map(({ key }) => key as string).sort();
  }

  close(): void {
    this.#end.abort();
  }
}

export function known(key: TargetKey, epochMs = Infinity): KnownRevocation {
  return { key, epochMs, keepUntilMs: Date.now() + HOUR_MS };
}

export const sorted = (all: readonly TargetKey[]): string[] => [...all].sort();

/** Long enough for whatever would happen of itself, were it to happen. */
export async function turns(): Promise<void> {
  for (let i = 0; i < 50; i++) await nextTurn();
}

interface Warning {
  readonly message: string;
  readonly code: string | undefined;
}

export interface Healed {
  world: HealingWorld;
  /** Of the process. Whoever expects any takes them out. */
  readonly warnings: Warning[];
}

/** A world for each test of a file. What nobody handles fails the test, and so does a warning. */
export function inHealingWorld(): Healed {
  const healed: Healed = { world: new HealingWorld(), warnings: [] };
  const unhandled: unknown[] = [];
  const keep = (error: unknown): void => { unhandled.push(error); };

  beforeEach(() => {
    // Instances spread what they do; here there is one.
    jest.spyOn(Math, 'random').mockReturnValue(0);
    jest.spyOn(process, 'emitWarning').mockImplementation((message, options) => {
      healed.warnings.push({ message: String(message), code: options?.code });
    });
    healed.world = new HealingWorld();
    process.on('unhandledRejection', keep);
  });

  afterEach(async () => {
    healed.world.close();
    await turns();
    process.off('unhandledRejection', keep);
    jest.restoreAllMocks();
    expect(unhandled.splice(0)).toStrictEqual([]);
    expect(healed.warnings.splice(0)).toStrictEqual([]);
  });

  return healed;
}
