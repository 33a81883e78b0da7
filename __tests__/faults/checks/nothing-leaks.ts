import type { Said, Told } from '../history.js';
import type { Bounds } from './bounds.js';
import type { Run } from './run.js';
import type { Finding, Violation } from './violation.js';

/** Shorter ones would be found by chance. */
const LEAST_LENGTH = 6;

/** What every part of a JWT that is JSON begins with. */
const LOOKS_LIKE_A_TOKEN = /eyJ[\w-]{20}/;

/** I11: no token, no id of a token, grant or session and no secret in anything that an instance writes, or tells for a log to write. */
export function nothingLeaks({ said, told }: Run, { canaries }: Bounds): Finding {
  const find = finder(canaries);
  const clean = new Set<string>();
  const violations: Violation[] = [];
  for (const event of [...said, ...told]) {
    const text = textOf(event);
    if (clean.has(text)) continue;
    const leaked = find(text) ?? LOOKS_LIKE_A_TOKEN.exec(text)?.[0];
    if (leaked === undefined) clean.add(text);
    // The message is going to be printed too.
    else violations.push({ invariant: 'I11', message: `${event.instance} let out "${leaked.slice(0, LEAST_LENGTH)}..."`, atMs: event.atMs, events: [event] });
  }
  return { violations, examined: said.length + told.length };
}

function textOf(event: Said | Told): string {
  return event.event === 'said' ? event.line : JSON.stringify(event.details);
}

/** Finds any of many texts: by their first characters, as many as the shortest has. */
function finder(canaries: readonly string[]): (text: string) => string | undefined {
  const tooShort = canaries.find(canary => canary.length < LEAST_LENGTH);
  if (tooShort !== undefined) throw new TypeError(`The canary "${tooShort}" is shorter than ${LEAST_LENGTH} characters: it would be found by chance.`);
  const texts = new Set(canaries.flatMap(disguises));
  const length = [...texts].reduce((least, text) => Math.min(least, text.length), Infinity);
  const byBeginning = new Map<string, string[]>();
  for (const text of texts) {
    const beginning = text.slice(0, length);
    byBeginning.set(beginning, [...(byBeginning.get(beginning) ?? []), text]);
  }
  return text => {
    for (let at = 0; at + length <= text.length; at += 1) {
      const found = byBeginning.get(text.slice(at, at + length))?.find(each => text.startsWith(each, at));
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/** As it is, within a URL, within JSON, and within base64 at each of the three places where it may begin there. Of a token, its parts too. */
function disguises(canary: string): string[] {
  const encoded = ['', '.', '..'].flatMap(before => {
    const core = Buffer.from(before + canary).toString('base64').slice(before === '' ? 0 : before.length + 1, Math.floor(((before.length + canary.length) * 8) / 6));
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const parts = canary.split('.');
  const [, payload = '', signature = ''] = parts;
  const own = parts.length === 3 ? [payload, signature].filter(part => part.length >= LEAST_LENGTH) : [];
  return [canary, encodeURIComponent(canary), JSON.stringify(canary).slice(1, -1), ...own, ...encoded];
}
