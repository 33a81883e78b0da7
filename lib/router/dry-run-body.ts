import bodyParser from 'body-parser';
import type { Request, RequestHandler, Response } from 'express';
import { isDryRun, mentionsDryRun } from './query.js';

/** No body is declared where it is asked for, so what is longer was meant for something else. */
const MAX_BODY_BYTES = 16 * 1024;

/** Names and values looked at, those on top first: an application's own parser may have let in far more than we would. */
const MAX_VALUES = 20_000;

/** Every type, because a body that asks for a dry run need not say what it is. */
const readRaw: RequestHandler = bodyParser.raw({ type: () => true, limit: MAX_BODY_BYTES });

/**
 * Whether a request speaks of a dry run in a body, which no endpoint takes: parsed by the application before, or not read yet. A body
 * that is too long or cannot be read says nothing. One that broke off counts as if it did: the rest may have said so, and nobody is
 * there to be answered.
 */
export async function bodyMentionsDryRun(req: Request): Promise<boolean> {
  if (valueMentions(req.body)) return true;
  const text = await unreadBody(req);
  if (req.destroyed && !req.complete) return true;
  return text !== undefined && textMentions(text);
}

/** What nobody has read so far. The request's `body` stays what it was, for whoever of the application looks at it later. */
async function unreadBody(req: Request): Promise<string | undefined> {
  // The parser would first read such a body to its end.
  if (Number(req.headers['content-length']) > MAX_BODY_BYTES) return undefined;
  const before: unknown = req.body;
  req.body = undefined;
  try {
    await new Promise<void>(resolve => { void readRaw(req, req.res as Response, () => { resolve(); }); });
    const read: unknown = req.body;
    return Buffer.isBuffer(read) ? new TextDecoder().decode(read) : undefined;
  } finally {
    req.body = before;
  }
}

/** As JSON where it is that; otherwise as a form, which anything can be read as. */
function textMentions(text: string): boolean {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Whatever else it is: what it names is among its letters.
    return mentionsDryRun(new URLSearchParams(text));
  }
  return typeof value === 'string' ? isDryRun(value) : valueMentions(value);
}

function valueMentions(body: unknown): boolean {
  if (typeof body === 'string') return textMentions(body);
  if (Buffer.isBuffer(body)) return textMentions(new TextDecoder().decode(body));
  const left: unknown[] = [body];
  for (let at = 0; at < left.length && at < MAX_VALUES; at++) {
    const value = left[at];
    if (typeof value === 'string' && isDryRun(value)) return true;
    if (typeof value === 'object' && value !== null) for (const [name, inner] of Object.entries<unknown>({ ...value })) left.push(name, inner);
  }
  return false;
}
