import { say } from '../harness/part.js';
import { count } from '../harness/report.js';
import type { Settings } from '../harness/settings.js';
import { startWorker } from '../harness/worker.js';
import type { answers } from './filling-worker.js';

const WRITERS = 2;

/** Revokes so many tokens, in the way of every user: by `revokeAll`, from processes that have ended when this resolves. */
export async function fillByRevoking(redisUrl: string, tokens: number, settings: Settings): Promise<void> {
  say(`revoking ${count(tokens)} tokens`);
  const writers = Array.from({ length: WRITERS }, () => startWorker<typeof answers>(new URL('./filling-worker.ts', import.meta.url), settings));
  const share = Math.ceil(tokens / WRITERS);
  try {
    await Promise.all(writers.map((writer, i) => writer.ask('revoke', { redisUrl, from: i * share, to: Math.min(tokens, (i + 1) * share) })));
  } finally {
    await Promise.all(writers.map(writer => writer.stop()));
  }
}

/** Reports so many tokens as issued. */
export async function fillByTracking(redisUrl: string, tokens: number, settings: Settings): Promise<void> {
  say(`tracking ${count(tokens)} tokens`);
  const writer = startWorker<typeof answers>(new URL('./filling-worker.ts', import.meta.url), settings);
  try {
    await writer.ask('track', { redisUrl, tokens });
  } finally {
    await writer.stop();
  }
}
