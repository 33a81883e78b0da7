/** A process of an application that uses the package, told by its parent what to be and what to suffer. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import { createLiveTokens, jwtVerifier, redisStore, type LiveTokenEvents, type LiveTokens } from 'livetoken';
import { monotonicMs, type Measured, type Told } from './history.js';
import { instanceApp, type InstanceApp } from './instance-app.js';
import { NAMESPACE, type FromInstance, type InstanceSettings, type RedisAddress, type ToInstance } from './instance-messages.js';
import { loopDelays } from './observer.js';
import { AUDIENCE, ISSUER } from './population.js';
import { ProcessorWaits } from './processor-waits.js';

const MEASURE_EVERY_MS = 100;
const REMEMBERED = 500;
const COLLECT_EVERY_MS = 30_000;

function tell(message: FromInstance): void {
  process.send?.(message);
}

/** The application's own client: with it the package's connections are made, and nothing else is asked. */
function connect(address: RedisAddress): Redis | Cluster {
  const quiet = { lazyConnect: true } as const;
  if (address.kind === 'cluster') return new Cluster([...address.nodes], { ...quiet, redisOptions: {} });
  if (address.kind === 'sentinel') return new Redis({ ...quiet, sentinels: [...address.sentinels], name: address.name });
  const { port, username, password } = address;
  return new Redis({ ...quiet, port, host: '127.0.0.1', ...(username !== undefined && { username }), ...(password !== undefined && { password }) });
}

function open({ mode, redis, store, secret, maxLifetimeS }: InstanceSettings): LiveTokens {
  const { maxStalenessMs, ...settings } = store;
  const replica = mode === 'direct' ? false : { ...(maxStalenessMs !== undefined && { maxStalenessMs }) };
  return createLiveTokens({
    store: redisStore(connect(redis), { ...settings, namespace: NAMESPACE, replica }),
    verify: jwtVerifier({ key: secret, algorithms: ['HS256'], issuer: ISSUER, audience: AUDIENCE, clockToleranceMs: 0 }),
    maxLifetime: maxLifetimeS,
    clockToleranceMs: 0,
    // Few: they are all there before an instance is warm, so that what grows afterwards is something else.
    rememberTokens: { maxTokens: REMEMBERED },
    claims: { organisation: 'org', organisations: 'orgs' },
  });
}

/** Of what happens to every request only so many are told, lest an outage fills the history with one sentence. */
const MOST_UNAVAILABLE_A_SECOND = 5;

function report(live: LiveTokens, instance: string): void {
  const told = (name: string, details: Told['details']): void => {
    tell({ from: 'event', event: { event: 'told', instance, atMs: monotonicMs(), name, details: plain(details) } });
  };
  const names: readonly (keyof LiveTokenEvents)[] = ['replica', 'healed', 'storeWarning', 'replayed', 'allowedUnchecked'];
  for (const name of names) live.on(name, details => { told(name, { ...details }); });
  let [second, count] = [0, 0];
  live.on('unavailable', details => {
    const now = Math.floor(monotonicMs() / 1000);
    count = now === second ? count + 1 : 1;
    second = now;
    if (count <= MOST_UNAVAILABLE_A_SECOND) told('unavailable', details);
  });
}

/** What JSON has no word for (Infinity) goes as a text. */
function plain(details: Told['details']): Told['details'] {
  return Object.fromEntries(Object.entries(details).map(([name, value]) => [name, typeof value === 'number' && !Number.isFinite(value) ? String(value) : value]));
}

function measure(live: LiveTokens, app: InstanceApp, instance: string): void {
  const [heldUpMs, waits] = [loopDelays(), new ProcessorWaits()];
  let liveBytes = leftAfterCollecting();
  setInterval(() => (liveBytes = leftAfterCollecting()), COLLECT_EVERY_MS).unref();
  setInterval(() => {
    const { replica, state } = live.health();
    const { rss: rssBytes, heapUsed: heapBytes } = process.memoryUsage();
    const copy = replica && { entries: replica.entries, replica: replica.state };
    const delays = { loopDelayMs: heldUpMs(), waitedMs: waits.longestMs([process.pid]) };
    const event: Measured = { event: 'measured', instance, atMs: monotonicMs(), rssBytes, heapBytes, liveBytes, ...copy, state, pending: app.pending, ...delays };
    tell({ from: 'event', event });
  }, MEASURE_EVERY_MS).unref();
}

function leftAfterCollecting(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function start(settings: InstanceSettings): Promise<void> {
  const live = open(settings);
  report(live, settings.name);
  const app = instanceApp(live);
  const server: Server = app.app.listen(0, '127.0.0.1');
  // Ended by the server, a connection that a client keeps would now and then end under a request.
  server.keepAliveTimeout = 0;
  await once(server, 'listening');
  measure(live, app, settings.name);
  tell({ from: 'listening', port: (server.address() as AddressInfo).port });
  await untilReady(live, settings.name);
  tell({ from: 'ready' });
}

const RETRY_MS = 200;

/** It listens all the while, and answers 503 to what it cannot tell: a Redis that is not to be trusted yet may be so in a moment. */
async function untilReady(live: LiveTokens, instance: string): Promise<void> {
  for (;;) {
    try {
      await live.ready();
      return;
    } catch (error) {
      tell({ from: 'event', event: { event: 'told', instance, atMs: monotonicMs(), name: 'notReady', details: { message: (error as Error).message } } });
      await sleep(RETRY_MS);
    }
  }
}

function stall(forMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs);
}

process.on('message', (message: ToInstance) => {
  if (message.to === 'start') {
    start(message.settings).catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  } else stall(message.forMs);
});
// Without its parent it would go on for ever.
process.on('disconnect', () => process.exit(0));
