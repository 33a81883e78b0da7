import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readSurface } from './reference/read-surface.js';
import type { Option, Surface } from './reference/types.js';
import { optionsPage } from './reference/write-page.js';

const page = readFileSync(path.join(__dirname, '../../docs/options.md'), 'utf8');

const LIB = path.join(__dirname, '../../lib');

interface Limits {
  readonly at: string;
  readonly name: string;
  /** As a reader would write them: 60,000. */
  readonly numbers: readonly string[];
}

/** What the library checks numbers against, where it does so with plain numbers. */
function limitsInSource(): readonly Limits[] {
  const files = readdirSync(LIB, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts')).sort();
  return files.flatMap(file => {
    const code = readFileSync(path.join(LIB, file), 'utf8');
    const calls = code.matchAll(/wholeNumber\('([\w.]+)', [^?\n]+?\?\? ([\d_]+), \{ min: ([\d_]+)(?:, max: ([\d_]+))?[,} ]/g);
    return [...calls].map(([, name = '', ...found]) => ({
      at: `${file}: ${name}`,
      name: name.split('.').at(-1) ?? '',
      numbers: found.map(String).filter(each => each !== 'undefined').map(each => Number(each.replaceAll('_', '')).toLocaleString('en')),
    }));
  });
}

describe('docs/options.md', () => {
  let surface: Surface;
  /** Every option, with where it stands and what is said of all options there. */
  let options: readonly { readonly at: string; readonly about: string; readonly option: Option }[];

  beforeAll(() => {
    surface = readSurface();
    const named = [...surface.types.values()].flatMap(type => type.options.map(option => ({ at: `${type.name}.${option.name}`, about: type.text, option })));
    const inline = [...surface.functions, ...surface.methods].flatMap(call =>
      call.inline.map(option => ({ at: `${call.title}: ${option.name}`, about: `${call.text} ${call.about}`, option })));
    options = [...named, ...inline];
  });

  it('is what npm run docs:options writes', () => {
    expect(page).toBe(optionsPage(surface));
  });

  it('has a heading for every type of options that the package exports, and a row for each of its options', () => {
    const exported = surface.exported.filter(name => /(Options|Rules|Groups|Mapping)$/.test(name));
    expect(exported.length).toBeGreaterThan(20);
    for (const name of exported) {
      const [, section = ''] = page.split(`### \`${name}\`\n`);
      const rows = [...section.split(/^#/m, 1)[0]!.matchAll(/^\| (?:\*\*)?`(\w+)`/gm)].map(([, option]) => option);
      expect({ name, rows }).toEqual({ name, rows: surface.types.get(name)?.options.map(option => option.name) });
      expect({ name, isEmpty: rows.length === 0 && surface.types.get(name)?.includes.length === 0 }).toEqual({ name, isEmpty: false });
    }
  });

  it('has every type that an option names', () => {
    const headings = new Set([...page.matchAll(/^### `(\w+)`$/gm)].map(([, name]) => name));
    expect([...surface.types.keys()].filter(name => !headings.has(name))).toEqual([]);
  });

  it('says something of every option', () => {
    const silent = options.filter(({ about, option }) => option.text === '' && !about.includes(option.name));
    expect(silent.map(({ at }) => at)).toEqual([]);
  });

  it('says of every option that may be left out what happens then', () => {
    const silent = options.filter(({ about, option }) => !option.isRequired && !/\bdefault|Required unless|Exactly one of|absent|without it/i.test(`${option.text} ${about}`));
    expect(silent.map(({ at }) => at)).toEqual([]);
  });

  it('says of every number in what it is counted', () => {
    const numbers = options.filter(({ option }) => /\bnumber\b/.test(option.type) && !option.type.includes('=>'));
    expect(numbers.length).toBeGreaterThan(25);
    const UNIT = /milliseconds|seconds|bytes|characters|tokens|entries|revocations|parameters|organisations|replicas|failures|groups/i;
    expect(numbers.filter(({ option, about }) => !UNIT.test(`${option.text} ${option.text === '' ? about : ''}`)).map(({ at }) => at)).toEqual([]);
    const RANGE = /\d to |at least|at most/i;
    const ranged = numbers.filter(({ option }) => !option.type.includes('Date'));
    expect(ranged.filter(({ option, about }) => !RANGE.test(`${option.text} ${option.text === '' ? about : ''}`)).map(({ at }) => at)).toEqual([]);
  });

  it('says of numbers the default and the limits that the library checks', () => {
    const limits = limitsInSource();
    expect(limits.length).toBeGreaterThan(12);
    const unsaid = limits.filter(({ name, numbers }) => {
      const texts = options.filter(({ option }) => option.name === name).map(({ option }) => [...option.text.matchAll(/\d[\d,]*\d|\d/g)].map(([number]) => number));
      return !texts.some(said => numbers.every(number => said.includes(number)));
    });
    expect(unsaid.map(({ at }) => at)).toEqual([]);
  });
});
