import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveTokens } from 'livetoken';
import type { Demo } from './app.js';
import { startFleet, type RunningFleet } from './fleet/fleet.js';
import { messageOf, startDemo } from './server.js';
import { loadEnvironment, readInstances, readSettings, SettingsError, type Environment, type Settings } from './settings.js';
import { whatToTry } from './what-to-try.js';

async function main(): Promise<void> {
  const environment = loadEnvironment();
  const settings = readSettings(environment);
  const stopping = new AbortController();
  onSignal(stopping);
  const fleet = process.argv.includes('--fleet') ? await launchFleet(environment, settings) : undefined;
  const { demo, url, problem, close } = await startDemo({ ...settings, redisUrl: fleet?.redisUrl ?? settings.redisUrl }, fleet).catch(async (error: unknown) => {
    await fleet?.close();
    throw error;
  });
  const closeAll = async (): Promise<void> => {
    await close();
    await fleet?.close();
  };
  // With nothing left open the process ends by itself, with exit code 0.
  const end = (): void => { closeAll().catch(fail); };
  if (stopping.signal.aborted) {
    end();
    return;
  }
  stopping.signal.addEventListener('abort', end);
  for (const instance of fleet?.instances ?? []) console.log(`${instance.name}: ${instance.url}`);
  console.log(`livetoken demo: ${url} (store: ${demo.live.health().store})`);
  console.log(whatToTry(url, fleet !== undefined));
  logEvents(demo.live, stopping.signal);
  if (problem !== undefined) await untilReady(demo, problem, stopping.signal);
}

function onSignal(stopping: AbortController): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    // Not `once`: npm passes Ctrl-C on to a process that the terminal has told already, and the second would kill it.
    process.on(signal, () => {
      if (stopping.signal.aborted) return;
      console.log(`${signal}: closing.`);
      stopping.abort();
    });
  }
}

async function launchFleet(environment: Environment, { redisUrl }: Settings): Promise<RunningFleet> {
  const instances = readInstances(environment);
  console.log(`Starting ${redisUrl === undefined ? 'a Redis and ' : ''}${instances} instances ...`);
  return startFleet({ instances, redisUrl });
}

const RETRY_MS = 1000;

/** Says that the store is out of reach, and that it is there after all. Requests are answered 503 in between. */
async function untilReady(demo: Demo, problem: string, stopping: AbortSignal): Promise<void> {
  let failure: string | undefined = problem;
  while (failure !== undefined) {
    complain(failure);
    await sleep(RETRY_MS, undefined, { ref: false });
    failure = await demo.ready().then(() => undefined, messageOf);
    if (stopping.aborted) return;
  }
  console.log('The store answers: ready.');
}

/** What livetoken reports, so that one can watch. Events hold no token and no id of one. */
function logEvents(live: LiveTokens, stopping: AbortSignal): void {
  live.on('revoked', ({ target, actor = 'somebody', count }) => {
    console.log(oneLine(`revoked: ${target}, by ${actor}${count === undefined ? '' : `, tokens ended: ${count}`}`));
  });
  live.on('replayed', ({ actor = 'somebody', sinceFirstUseMs }) => {
    console.log(oneLine(`replayed: a refresh token, by ${actor}, ${sinceFirstUseMs} ms after its first use`));
  });
  live.on('refused', ({ reason, target }) => {
    sayOnce(`refused: ${reason}${target === undefined ? '' : ` (its ${target})`}`);
  });
  live.on('unavailable', ({ message }) => {
    // That a closed store does not answer is as it should be.
    if (!stopping.aborted) complain(message);
  });
}

/** Ids of users come from paths: a line break in one would forge a line of the log. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}

/** How long the same line is not repeated. */
const REPEAT_MS = 30_000;

const saidAtMs = new Map<string, number>();

/** The console calls with dead tokens twice a second, and a Redis that is away is missed by everybody. */
function sayOnce(line: string, say: (line: string) => void = console.log): void {
  if (Date.now() < (saidAtMs.get(line) ?? -Infinity) + REPEAT_MS) return;
  saidAtMs.set(line, Date.now());
  say(line);
}

function complain(message: string): void {
  sayOnce(`Error: ${message}`, console.error);
}

function fail(error: unknown): void {
  if (error instanceof SettingsError) console.error(`Error: ${error.message}`);
  else console.error(error);
  process.exitCode = 1;
}

main().catch(fail);
