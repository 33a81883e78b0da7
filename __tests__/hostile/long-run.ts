import { parseArgs } from 'node:util';
import { fuzz, type Histogram } from './support/run.js';
import { FUZZED_STORES } from './support/stores.js';
import { openWorld } from './support/world.js';

const USAGE = `npm run fuzz -- [--requests 100000] [--seed 1] [--store memory|redis]

A tenth of the requests come from whoever has nothing good, and must write nothing; the rest from customers who want more than
their own. A fault is told with the seed of its batch: --requests 2500 --seed <that> brings the batch back.`;

interface Settings {
  readonly requests: number;
  readonly seed: number;
  readonly store: keyof typeof FUZZED_STORES;
}

function settings(): Settings {
  const { values } = parseArgs({
    options: { requests: { type: 'string', default: '100000' }, seed: { type: 'string', default: String(Date.now() % 1_000_000) }, store: { type: 'string', default: 'memory' } },
  });
  const [requests, seed] = [Number(values.requests), Number(values.seed)];
  if (!Number.isSafeInteger(requests) || requests < 10 || !Number.isSafeInteger(seed) || !Object.hasOwn(FUZZED_STORES, values.store)) throw new TypeError(USAGE);
  return { requests, seed, store: values.store as Settings['store'] };
}

/** What is still there once all garbage is gone; what may be remembered fills up first, so the start does not count. */
function heldMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
}

/** Tracked tokens and revocations stay for two hours, at some 2 KB each and few a request; all else must not add up. */
const MAX_BYTES_A_REQUEST = 600;
/** Until then code is compiled, and caches fill: a shorter run says nothing of memory. */
const WARM_REQUESTS = 10_000;

async function main(): Promise<void> {
  const { requests, seed, store } = settings();
  console.log(`requests ${requests}, seed ${seed}, store ${store}, node ${process.version}`);
  const fuzzed = await FUZZED_STORES[store]();
  const world = await openWorld(fuzzed.store);
  const startedMs = performance.now();
  const held: (readonly [requests: number, mb: number])[] = [];
  const step = Math.max(250, Math.floor(requests / 10 / 250) * 250);
  const onBatch = (done: number): void => {
    if (done % step === 0) held.push([done, heldMb()]);
  };
  const unarmed = await fuzz(world, { requests: Math.ceil(requests / 10), seed, sound: false, fingerprint: () => fuzzed.fingerprint(world.live) });
  const armed = await fuzz(world, { requests: requests - Math.ceil(requests / 10), seed, sound: true, onBatch });
  const seconds = (performance.now() - startedMs) / 1000;
  await world.close();
  await fuzzed.close();
  console.log(`${seconds.toFixed(1)} s, ${(requests / seconds).toFixed(0)} requests/s, ${armed.written} entries in the audit log`);
  console.log(`heap after collection: ${held.map(([done, mb]) => `${done}: ${mb.toFixed(1)} MB`).join(', ')}`);
  show('With nothing good', unarmed.histogram);
  show('With credentials and tokens of their own', armed.histogram);
  const faults = [...unarmed.faults, ...armed.faults, ...growth(held)];
  for (const fault of faults) console.error(`FAULT ${fault}`);
  console.log(faults.length === 0 ? 'no fault' : `${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

function growth(held: readonly (readonly [requests: number, mb: number])[]): readonly string[] {
  const [first, last] = [held.find(([done]) => done >= WARM_REQUESTS), held.at(-1)];
  if (globalThis.gc === undefined || first === undefined || last === undefined || last[0] === first[0]) return [];
  const bytesARequest = ((last[1] - first[1]) * 1e6) / (last[0] - first[0]);
  return bytesARequest > MAX_BYTES_A_REQUEST ? [`memory grows by ${bytesARequest.toFixed(0)} bytes a request`] : [];
}

function show(title: string, histogram: Histogram): void {
  const statuses = [...new Set(Object.values(histogram).flatMap(row => Object.keys(row)))].sort();
  console.log(`\n${title}\n${['endpoint', ...statuses].map(each => each.padStart(10)).join('')}`);
  for (const [endpoint, row] of Object.entries(histogram)) {
    console.log([endpoint, ...statuses.map(status => String(row[status] ?? ''))].map(each => each.padStart(10)).join(''));
  }
  console.log('');
}

main().catch((error: unknown) => {
  console.error(error instanceof TypeError ? error.message : error);
  // Server and store may still be open, and nobody is left to close them.
  process.exit(2);
});
