import type { LiveTokens } from 'livetoken';
import { startDemo } from './server.js';
import { loadEnvironment, readSettings, SettingsError } from './settings.js';
import { bold, red } from './walkthrough/show.js';
import { StepFailed } from './walkthrough/story.js';
import { tellAll } from './walkthrough/tell-all.js';

// Tells what livetoken does, against the demo at BASE_URL or one of its own, and fails where it is not true.

interface Stage {
  readonly baseUrl: string;
  /** How many revocations have been recorded; only known of a demo of one's own. */
  readonly recorded?: () => Promise<number>;
  readonly close: () => Promise<void>;
}

async function main(): Promise<void> {
  const { baseUrl, recorded, close } = await setTheStage();
  try {
    const steps = await tellAll(baseUrl, console.log, recorded);
    console.log(`\n${bold(`All ${steps} steps went as told.`)}`);
  } finally {
    await close();
  }
}

async function setTheStage(): Promise<Stage> {
  const environment = loadEnvironment();
  const baseUrl = environment['BASE_URL']?.trim().replace(/\/+$/, '') ?? '';
  return baseUrl === '' ? ownDemo(environment) : runningDemo(baseUrl);
}

async function runningDemo(baseUrl: string): Promise<Stage> {
  if (!URL.canParse(baseUrl)) throw new SettingsError('BASE_URL is no URL; give that of a running demo, such as http://127.0.0.1:3000.');
  try {
    await fetch(`${baseUrl}/healthz`);
  } catch {
    throw new SettingsError(`Nothing answers at ${baseUrl}: start the demo there (npm run demo), or leave BASE_URL out.`);
  }
  console.log(`The demo at ${baseUrl}.`);
  return { baseUrl, close: async () => undefined };
}

async function ownDemo(environment: Readonly<Record<string, string | undefined>>): Promise<Stage> {
  const { redisUrl } = readSettings(environment);
  const { demo, url, problem, close } = await startDemo({ host: '127.0.0.1', port: 0, redisUrl });
  if (problem !== undefined) {
    await close();
    throw new SettingsError(problem);
  }
  console.log(`A demo of its own at ${url} (store: ${demo.live.health().store}).`);
  return { baseUrl: url, recorded: () => auditLength(demo.live), close };
}

async function auditLength(live: LiveTokens): Promise<number> {
  let length = 0;
  let cursor: string | undefined;
  do {
    const page = await live.history({ limit: 1000, ...(cursor !== undefined && { cursor }) });
    length += page.items.length;
    cursor = page.cursor;
  } while (cursor !== undefined);
  return length;
}

main().catch((error: unknown) => {
  if (error instanceof StepFailed || error instanceof SettingsError) console.error(`\n${red(error.message)}`);
  else console.error(error);
  process.exitCode = 1;
});
