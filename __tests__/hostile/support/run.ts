import fc from 'fast-check';
import { AuditWatch, faultOf, faultsOfService } from './oracles.js';
import { holdsId, listenToOutput, textOf } from './leaks.js';
import { shots, type Shot } from './shots.js';
import { fire } from './wire.js';
import type { World } from './world.js';

export interface FuzzOptions {
  readonly requests: number;
  /** The same seed makes the same requests, apart from keys and times. */
  readonly seed: number;
  /** Whether attackers have anything good of their own. Without, nothing at all may be written. */
  readonly sound: boolean;
  /** Says what is in the store. Given, it must say the same after a batch of requests as before. */
  readonly fingerprint?: () => Promise<string>;
  /** Called between batches, with how many requests have been made. */
  readonly onBatch?: (requests: number) => void;
}

/** How often each endpoint answered what; `silent` where a request was none, and nobody answered. */
export type Histogram = Record<string, Record<string, number>>;

export interface FuzzReport {
  readonly requests: number;
  readonly histogram: Histogram;
  /** New entries of the audit log. */
  readonly written: number;
  /** Each with what it takes to see it again. */
  readonly faults: readonly string[];
}

const BATCH = 250;
const AT_ONCE = 16;
const ENOUGH_FAULTS = 10;

/** Sends hostile requests, and looks at all that comes of them. Ends early where much is wrong. */
export async function fuzz(world: World, { requests, seed, sound, fingerprint, onBatch }: FuzzOptions): Promise<FuzzReport> {
  const histogram: Histogram = {};
  const faults: string[] = [];
  const audit = new AuditWatch(world);
  await audit.news();
  let written = 0;
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => { rejections.push(reason); };
  process.on('unhandledRejection', onRejection);
  try {
    for (let done = 0, batch = 0; done < requests && faults.length < ENOUGH_FAULTS; done += BATCH, batch += 1) {
      const output = listenToOutput();
      try {
        const tokens = await world.freshTokens();
        const made = fc.sample(shots({ tokens, sound }), { numRuns: Math.min(BATCH, requests - done), seed: seed + batch });
        const before = await fingerprint?.();
        await fireAll(world, made, histogram, (shot, i, fault) => faults.push(`seed ${seed + batch}, request ${i}: ${fault}\n${describe(shot)}`));
        if ((await fingerprint?.()) !== before) faults.push(`seed ${seed + batch}: something was written, after\n${before ?? ''}`);
        const news = await audit.news();
        written += news.count;
        faults.push(...news.faults.map(each => `seed ${seed + batch}: ${each}`));
        if (sound) faults.push(...(await faultsOfService(world)).map(each => `after seed ${seed + batch}: ${each}`));
        await audit.news();
      } finally {
        output.end();
      }
      faults.push(...noticed(world, output.texts, rejections).map(each => `seed ${seed + batch}: ${each}`));
      onBatch?.(Math.min(requests, done + BATCH));
    }
  } finally {
    process.off('unhandledRejection', onRejection);
  }
  return { requests, histogram, written, faults };
}

async function fireAll(world: World, made: readonly Shot[], histogram: Histogram, onFault: (shot: Shot, i: number, fault: string) => void): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < made.length; i = next++) {
      const shot = made[i]!;
      const reply = await fire(world.port, shot);
      const row = (histogram[shot.draft.endpoint] ??= {});
      for (const status of reply.answers.length === 0 ? ['silent'] : reply.answers.map(each => String(each.status))) row[status] = (row[status] ?? 0) + 1;
      const fault = faultOf(shot, reply);
      if (fault !== undefined) onFault(shot, i, fault);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** What nobody should have printed, thrown, or told by events, since this was last looked at. */
function noticed(world: World, printed: readonly string[], rejections: unknown[]): readonly string[] {
  const failures = world.failures.splice(0).map(each => `an error reached the application: ${textOf(each).slice(0, 600)}`);
  const unhandled = rejections.splice(0).map(each => `nobody handled a rejection: ${textOf(each).slice(0, 600)}`);
  const told = world.noted.splice(0).filter(holdsId).map(each => `an event holds an id: ${each.slice(0, 600)}`);
  return [...failures, ...unhandled, ...told, ...printed.map(each => `something was printed: ${each.slice(0, 600)}`)];
}

function describe({ draft, mangled, pieces }: Shot): string {
  const bytes = Buffer.concat(pieces).toString('latin1');
  return `  ${draft.endpoint}, ${draft.credentials}: ${draft.what}; ${mangled}\n  ${JSON.stringify(bytes.slice(0, 1500))}${bytes.length > 1500 ? ` and ${bytes.length - 1500} more` : ''}`;
}

/** The statuses of an endpoint, or of all. */
export function statusesOf(histogram: Histogram, endpoint?: string): readonly string[] {
  const rows = endpoint === undefined ? Object.values(histogram) : [histogram[endpoint] ?? {}];
  return [...new Set(rows.flatMap(row => Object.keys(row)))].sort();
}
