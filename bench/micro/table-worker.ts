import { randomBytes } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Lookup, TargetKey } from 'livetoken';
import { builtTable } from '../harness/built-package.js';
import { serveWorker } from '../harness/serve-worker.js';

const { LocalRevocations } = await builtTable();

const MILLION = 1_000_000;

/** As many as the replica takes from the log before the event loop gets a turn. */
const PAGE = 1000;

/** How often the memory is looked at while the table grows. */
const MEMORY_STEP = MILLION / 20;

const CHECKS = 100_000;
const EPOCHS = 10_000;

const table = new LocalRevocations();
const keepUntilMs = Date.now() + 86_400_000;
const empty = process.memoryUsage();

/** Longest pauses while a million revocations are taken in, milliseconds. */
export interface Pauses {
  readonly merge: number;
  readonly page: number;
  /** What the event loop saw: `monitorEventLoopDelay`, its own millisecond included. */
  readonly loopDelay: number;
}

export interface Memory {
  readonly entries: number;
  /** By the table's own account. */
  readonly bytesPerEntry: number;
  /** By the process's: what its array buffers grew by since the table was empty. */
  readonly arrayBufferBytesPerEntry: number;
}

export interface Growth {
  readonly pauses: Pauses;
  /** The same loop with the hashing and without the table: what the machine and the garbage collector do by themselves. */
  readonly control: Pauses;
}

export interface LookUps {
  /** Kinds of the targets that one token falls under. */
  readonly kinds: readonly string[];
  /** That take turns. */
  readonly tokens: number;
  readonly rounds: number;
}

/** The replica's table by itself. */
export const answers = {
  /** A million revoked tokens, and some users with an epoch. */
  async fill(): Promise<void> {
    for (const key of randomKeys(EPOCHS, 'subject')) table.merge(key, Date.now(), keepUntilMs, Date.now());
    await takeMillion(merge);
  },
  /** Nanoseconds to look up all the targets of a token, none of them revoked: of each round. */
  lookUp({ kinds, tokens, rounds }: LookUps): readonly number[] {
    const keys = kinds.map(kind => randomKeys(tokens, kind));
    const lookups = Array.from({ length: tokens }, (_, i) => table.lookup(keys.map(each => each[i] as TargetKey)));
    return Array.from({ length: rounds }, () => timeChecks(lookups));
  },
  async growTimed(): Promise<Growth> {
    const control = await takeMillion(key => { table.lookup([key]); });
    return { control, pauses: await takeMillion(merge) };
  },
  /** Looking at the memory takes time itself, so this is another million. */
  async growWeighed(): Promise<readonly Memory[]> {
    const memory: Memory[] = [];
    await takeMillion(merge, async () => {
      if (table.entries % MEMORY_STEP === 0) memory.push(await memoryNow());
    });
    return memory;
  },
};

function timeChecks(lookups: readonly Lookup[]): number {
  let found = 0;
  const startedAt = process.hrtime.bigint();
  for (let i = 0; i < CHECKS; i++) {
    for (const epochMs of lookups[i % lookups.length]?.epochsMs() ?? []) if (epochMs !== undefined) found += 1;
  }
  const elapsed = Number(process.hrtime.bigint() - startedAt);
  if (found > 0) throw new Error('The table holds what was never put there.');
  return elapsed / CHECKS;
}

function merge(key: TargetKey): void {
  table.merge(key, Infinity, keepUntilMs, Date.now());
}

/** In pages, with a turn of the event loop between two. */
async function takeMillion(take: (key: TargetKey) => void, afterPage: () => Promise<void> | undefined = () => undefined): Promise<Pauses> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  let [longestMerge, longestPage] = [0, 0];
  for (let taken = 0; taken < MILLION; taken += PAGE) {
    const keys = randomKeys(PAGE);
    const pageStartedAtMs = performance.now();
    let lastAtMs = pageStartedAtMs;
    for (const key of keys) {
      take(key);
      const nowMs = performance.now();
      longestMerge = Math.max(longestMerge, nowMs - lastAtMs);
      lastAtMs = nowMs;
    }
    longestPage = Math.max(longestPage, lastAtMs - pageStartedAtMs);
    await nextTurn();
    await afterPage();
  }
  delays.disable();
  return { merge: longestMerge, page: longestPage, loopDelay: delays.max / 1e6 };
}

function randomKeys(count: number, kind = 'token'): readonly TargetKey[] {
  const bytes = randomBytes(16 * count);
  return Array.from({ length: count }, (_, i) => `${kind}:${bytes.toString('base64url', i * 16, i * 16 + 16)}` as TargetKey);
}

/** Replaced segments are garbage until they are collected, and their memory is given back by another thread. */
async function memoryNow(): Promise<Memory> {
  globalThis.gc?.();
  await sleep(20);
  globalThis.gc?.();
  const { entries, bytes } = table;
  const grownBy = process.memoryUsage().arrayBuffers - empty.arrayBuffers;
  return { entries, bytesPerEntry: bytes / entries, arrayBufferBytesPerEntry: grownBy / entries };
}

serveWorker(answers);
