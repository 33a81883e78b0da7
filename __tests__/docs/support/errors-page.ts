import type { OpenApiDocument } from 'livetoken';

/** A code as the page tells of it. */
export interface Entry {
  readonly code: string;
  /** HTTP statuses, where the page names some. */
  readonly statuses: readonly number[];
  readonly happened: string;
  readonly why: string;
  readonly act: string;
}

/** What stands under each heading of the second rank that has codes below it. */
export function sectionsOf(page: string): ReadonlyMap<string, readonly Entry[]> {
  const sections = page.split(/^## /m).slice(1).map(section => {
    const [title = '', ...lines] = section.split('\n');
    return [title, lines.join('\n').split(/^### /m).slice(1).map(entryOf)] as const;
  });
  return new Map(sections.filter(([, entries]) => entries.length > 0));
}

const HEADING = /^`([^`]+)`(?: \((\d{3}(?:, \d{3})*)\))?$/;

function entryOf(text: string): Entry {
  const [heading = ''] = text.split('\n');
  const [, code, statuses = ''] = HEADING.exec(heading) ?? [];
  if (code === undefined) throw new Error(`This heading names no code: ${heading}`);
  const said = (what: string): string => new RegExp(`^- ${what}: (.+)$`, 'm').exec(text)?.[1] ?? '';
  return { code, statuses: statuses === '' ? [] : statuses.split(', ').map(Number), happened: said('Happened'), why: said('Why'), act: said('Do') };
}

/** Statuses by the code that stands in the bodies of a group's errors. */
export function codesIn(document: OpenApiDocument, tag: string): Readonly<Record<string, readonly number[]>> {
  const statuses = new Map<string, Set<number>>();
  for (const item of Object.values(document.paths)) {
    for (const operation of Object.values(item) as readonly { readonly tags?: readonly string[]; readonly responses?: object }[]) {
      if (operation.tags?.includes(tag) !== true) continue;
      for (const [status, response] of Object.entries(operation.responses ?? {})) {
        if (Number(status) < 400) continue;
        for (const code of codesOfBody(response)) statuses.set(code, (statuses.get(code) ?? new Set()).add(Number(status)));
      }
    }
  }
  return Object.fromEntries([...statuses].map(([code, found]) => [code, [...found].sort((one, other) => one - other)]));
}

interface Body {
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly items?: Body;
  readonly properties?: Readonly<Record<string, Body>>;
}

/** Of the members that codes stand in, in any group. */
function codesOfBody(response: { readonly content?: Readonly<Record<string, { readonly schema: Body }>> }): readonly string[] {
  const properties = Object.values(response.content ?? {})[0]?.schema.properties ?? {};
  const named = properties['error'] ?? properties['errorCode'] ?? properties['details']?.items?.properties?.['code'];
  return named?.enum ?? (named?.const === undefined ? [] : [named.const]);
}
