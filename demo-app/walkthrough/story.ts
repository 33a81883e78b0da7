import { isDeepStrictEqual } from 'node:util';
import { readEvents, type StreamEvent } from './event-stream.js';
import { bold, green, shortBody, withoutTokens, wrap } from './show.js';

/** Who sends a request: a name for the reader, and what proves it. */
export interface Who {
  readonly name: string;
  readonly authorization: string;
}

/** One request, and what is told of its answer. */
export interface Step {
  /** One sentence: what happens, and what there is to learn. */
  readonly says: string;
  /** Method and path. */
  readonly sends: `${'GET' | 'POST' | 'DELETE'} /${string}`;
  /** Default: nobody in particular. */
  readonly as?: Who;
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: object;
  readonly status: number;
  /** Members that the answer has, among others. */
  readonly has?: object;
  /** Further members to show of a long answer. */
  readonly shows?: readonly string[];
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** An empty object where the body is no JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** A step that did not go as told. */
export class StepFailed extends Error {}

/** How long an answer may take. */
const PATIENCE_MS = 10_000;

/** Tells a story request by request, and stops where it is not true. */
export class Story {
  readonly #baseUrl: string;
  readonly #print: (line: string) => void;
  #chapter = 0;
  #step = 0;
  #steps = 0;

  constructor(baseUrl: string, print: (line: string) => void) {
    this.#baseUrl = baseUrl;
    this.#print = print;
  }

  /** Steps told so far. */
  get steps(): number {
    return this.#steps;
  }

  chapter(title: string, introduction: string): void {
    this.#chapter += 1;
    this.#step = 0;
    this.#print(`\n${bold(`${this.#chapter}. ${title}`)}\n${wrap(introduction, '   ')}`);
  }

  /** Sends a request and compares the answer with what is told. */
  async step(step: Step): Promise<Answer> {
    const number = this.#begin(step.says);
    const answer = await this.#send(step).catch((error: unknown) => {
      throw notAsTold(number, step.says, `there is no answer (${whyNot(error)})`);
    });
    const members = { ...step.has, ...Object.fromEntries((step.shows ?? []).map(name => [name, true])) };
    this.#print(`     → ${answer.status} ${shortBody(answer.text, answer.body, members)}`.trimEnd());
    const told = difference(step, answer);
    if (told !== undefined) throw notAsTold(number, step.says, told);
    return answer;
  }

  /** Sends a request whose answer is a stream of events, and waits for the first. */
  async open(step: Step): Promise<AsyncGenerator<StreamEvent>> {
    const number = this.#begin(step.says);
    const unanswered = (error: unknown): never => {
      throw notAsTold(number, step.says, `there is no stream (${whyNot(error)})`);
    };
    const response = await this.#request(step).catch(unanswered);
    const events = readEvents(response.body ?? new ReadableStream());
    const first = response.status === step.status ? await events.next().catch(unanswered) : undefined;
    this.#print(`     → ${response.status} ${first?.value === undefined ? '' : inWords(first.value)}`.trimEnd());
    if (first?.value === undefined) throw notAsTold(number, step.says, 'there should be an event');
    return events;
  }

  /** Waits for the end of a stream. `sinceMs`: when that was brought about, on the monotonic clock. */
  async ends(events: AsyncGenerator<StreamEvent>, says: string, reason: string, sinceMs: number): Promise<void> {
    const number = this.#begin(says);
    let last: StreamEvent | undefined;
    try {
      for await (const event of events) last = event;
    } catch (error) {
      throw notAsTold(number, says, `it does not end (${whyNot(error)})`);
    }
    const tookMs = Math.round(performance.now() - sinceMs);
    this.#print(`     → ${last === undefined ? 'no event' : inWords(last)}, ${tookMs} ms after that request was sent`);
    if (last?.name !== 'end' || last.data !== reason) throw notAsTold(number, says, `its last event should be end, with ${reason}`);
  }

  /** Something that must hold besides the answers. */
  claim(says: string, holds: boolean): void {
    const number = this.#begin(says);
    if (!holds) throw notAsTold(number, says, 'it does not hold');
    this.#print('     → so it is');
  }

  remark(text: string): void {
    this.#print(wrap(text, '     '));
  }

  #begin(says: string): string {
    this.#step += 1;
    this.#steps += 1;
    const number = `${this.#chapter}.${this.#step}`;
    this.#print(`\n${green(wrap(`${number} ${says}`, '   '))}`);
    return number;
  }

  async #send(step: Step): Promise<Answer> {
    const response = await this.#request(step);
    const text = await response.text();
    return { status: response.status, text, body: parse(text) };
  }

  async #request({ sends, as, form, json }: Step): Promise<Response> {
    const [method = '', path = ''] = sends.split(' ');
    this.#print(`     ${method} ${path}${as === undefined ? '' : `   (${as.name})`}`);
    const body = form === undefined ? json && JSON.stringify(json) : new URLSearchParams(form).toString();
    if (body !== undefined) this.#print(`       ${hidden(body)}`);
    const headers = {
      ...(as !== undefined && { Authorization: as.authorization }),
      ...(body !== undefined && { 'Content-Type': form === undefined ? 'application/json' : 'application/x-www-form-urlencoded' }),
    };
    const signal = AbortSignal.timeout(PATIENCE_MS);
    return fetch(this.#baseUrl + path, { method, headers, signal, ...(body !== undefined && { body }) });
  }
}

function notAsTold(number: string, says: string, difference: string): StepFailed {
  return new StepFailed(`Step ${number} is not as told: ${difference}.\n  ${says}`);
}

const inWords = ({ name, data }: StreamEvent): string => `event ${name}: ${data}`;

/** Passwords stay out of what is printed, like tokens. */
function hidden(body: string): string {
  return withoutTokens(body).replace(/(\bpassword=|"password":")[^&"]+/g, '$1…');
}

/** fetch says "fetch failed", and the reason in the cause. */
function whyNot(error: unknown): string {
  const { cause = error } = error as { readonly cause?: unknown };
  const { code, name } = cause as { readonly code?: unknown; readonly name?: unknown };
  return String(typeof code === 'string' ? code : name);
}

function parse(text: string): Answer['body'] {
  try {
    return Object(JSON.parse(text)) as Answer['body'];
  } catch {
    return {};
  }
}

function difference({ status, has }: Step, answer: Answer): string | undefined {
  if (answer.status !== status) return `the status should be ${status} and is ${answer.status}`;
  if (has === undefined || contains(answer.body, has)) return undefined;
  return `the answer should have ${withoutTokens(JSON.stringify(has))}`;
}

/** Whether `actual` has all that `wanted` has, at every depth. */
function contains(actual: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) return isDeepStrictEqual(actual, wanted);
  if (typeof actual !== 'object' || actual === null) return false;
  return Object.entries(wanted).every(([name, value]) => contains((actual as Readonly<Record<string, unknown>>)[name], value));
}
