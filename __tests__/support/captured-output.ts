import { inspect } from 'node:util';

/** Every secret of a test, and every id of a token, session or grant, holds this word. */
export const CANARY = 'CANARY';

/** The canary as it is, in hex, in base64 at each of the three places where it may begin; and `eyJ`, with which JWTs begin. */
const LEAKS = [
  new RegExp(CANARY, 'i'),
  new RegExp(Buffer.from(CANARY).toString('hex'), 'i'),
  ...['', 'x', 'xx'].map(before => {
    const encoded = Buffer.from(before + CANARY).toString('base64');
    return new RegExp(encoded.slice(before.length === 0 ? 0 : before.length + 1, Math.floor(((before.length + CANARY.length) * 4) / 3)));
  }),
  /eyJ[\w-]{20}/,
];

export interface CapturedOutput {
  /** Something else that somebody may log: an error, an event, an answer. In every form in which it might be. */
  note(what: string, value: unknown): void;
  /** What has been seen and holds a secret. */
  leaks(): readonly string[];
  /** How much has been seen at all: a scan of nothing finds nothing. */
  readonly size: number;
  end(): void;
}

/** Listens to all that a process may print: console, the streams below it, warnings. */
export function captureOutput(): CapturedOutput {
  const seen: string[] = [];
  const note: CapturedOutput['note'] = (what, value) => {
    for (const text of [inspect(value, { depth: 10, showHidden: true }), json(value), ...errorTexts(value)]) seen.push(`${what}: ${text}`);
  };
  const swallow = (what: string) => (...values: unknown[]) => {
    note(what, values);
    return true;
  };
  const spies = [
    ...(['log', 'info', 'warn', 'error', 'debug', 'trace'] as const).map(name => jest.spyOn(console, name).mockImplementation(swallow(`console.${name}`))),
    ...(['stdout', 'stderr'] as const).map(name => jest.spyOn(process[name], 'write').mockImplementation(swallow(name))),
    jest.spyOn(process, 'emitWarning').mockImplementation(swallow('warning')),
  ];
  return {
    note,
    leaks: () => seen.filter(text => LEAKS.some(leak => leak.test(text))),
    get size() {
      return seen.length;
    },
    end() {
      for (const spy of spies) spy.mockRestore();
    },
  };
}

function json(value: unknown): string {
  return JSON.stringify([value], (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each));
}

/** Of an error also what inspect and JSON may leave out: the stack, what caused it, what it carries along. */
function errorTexts(value: unknown): string[] {
  if (!(value instanceof Error)) return [];
  const carried = Object.getOwnPropertyNames(value).map(name => `${name} ${inspect((value as unknown as Record<string, unknown>)[name])}`);
  return [String(value), ...carried, ...(value.cause === undefined ? [] : errorTexts(value.cause))];
}
