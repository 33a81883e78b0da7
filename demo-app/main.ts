import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveTokens } from 'livetoken';
import type { Demo } from './app.js';
import { messageOf, startDemo } from './server.js';
import { loadEnvironment, readSettings, SettingsError } from './settings.js';
import { whatToTry } from './what-to-try.js';

async function main(): Promise<void> {
  const { demo, url, problem, close } = await startDemo(readSettings(loadEnvironment()));
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    // Not `once`: npm passes Ctrl-C on to a process that the terminal has told already, and the second would kill it.
    process.on(signal, () => {
      if (stopping.signal.aborted) return;
      stopping.abort();
      console.log(`${signal}: closing.`);
      // With nothing left open the process ends by itself, with exit code 0.
      close().catch(fail);
    });
  }
  console.log(`livetoken demo: ${url} (store: ${demo.live.health().store})`);
  console.log(whatToTry(url));
  logEvents(demo.live, stopping.signal);
  if (problem !== undefined) await untilReady(demo, problem, stopping.signal);
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
    console.log(`refused: ${reason}${target === undefined ? '' : ` (its ${target})`}`);
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

/** How long the same complaint is not repeated. */
const COMPLAINT_MS = 30_000;

let lastComplaint = { message: '', atMs: 0 };

function complain(message: string): void {
  if (message === lastComplaint.message && Date.now() < lastComplaint.atMs + COMPLAINT_MS) return;
  lastComplaint = { message, atMs: Date.now() };
  console.error(`Error: ${message}`);
}

function fail(error: unknown): void {
  if (error instanceof SettingsError) console.error(`Error: ${error.message}`);
  else console.error(error);
  process.exitCode = 1;
}

main().catch(fail);
