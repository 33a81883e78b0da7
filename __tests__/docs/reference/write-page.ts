import type { Call, NamedType, Option, Surface } from './types.js';

/** What most applications write comes first; whatever is not named here follows as it is exported. */
const FIRST = ['createLiveTokens', 'redisStore', 'memoryStore', 'jwtVerifier', 'requireLiveToken', 'revocationRouter'];

const PREFACE = `# Options

Written by \`npm run docs:options\` from the types in \`lib\`; a test fails where it is not what the types say. Do not edit it.

An option whose name is **bold** is required. \`undefined\` is the same as leaving an option out. A name that does not exist, or a value that
is out of range, is a \`TypeError\` when the application starts: its text says what to write instead. Units stand last in names
(\`timeoutMs\`); \`maxLifetime\` is in seconds, as \`exp\` and \`iat\` are.
`;

/** The page, as Markdown. */
export function optionsPage(surface: Surface): string {
  const page = new Page(surface);
  const functions = [...surface.functions].sort((one, other) => rankOf(one) - rankOf(other));
  const sections = functions.flatMap(call => page.section(call));
  const methods = surface.methods.flatMap(call => page.section(call));
  const rest = page.rest();
  const contents = [...page.contents].map(title => `- [${title}](#${anchorOf(title)})`).join('\n');
  return [PREFACE, contents, ...sections, ...methods, ...rest].map(part => part.trim()).join('\n\n') + '\n';
}

function rankOf({ title }: Call): number {
  const rank = FIRST.indexOf(title.replace(/\(.*/, ''));
  return rank < 0 ? FIRST.length : rank;
}

/** Each type is told of once: where it is first needed if it is an object of options, at the end otherwise. */
class Page {
  readonly contents: string[] = [];
  readonly #types: ReadonlyMap<string, NamedType>;
  readonly #told = new Set<string>();

  constructor({ types }: Surface) {
    this.#types = types;
  }

  section(call: Call): readonly string[] {
    this.contents.push(call.title);
    const parts = [`## \`${call.title}\``, this.#linked(call.text)];
    if (call.inline.length > 0) parts.push(this.#linked(call.about), this.#table(call.inline));
    const objects = this.#objectsFrom([...call.takes, ...call.inline.flatMap(({ names }) => names)]);
    const told = call.takes.filter(name => !objects.some(object => object.name === name));
    const taken = told.filter(name => isObject(this.#types.get(name)));
    if (taken.length > 0) parts.push(`Takes ${call.inline.length > 0 ? 'also ' : ''}${taken.map(link).join(', ')}.`);
    return [...parts.filter(part => part !== ''), ...objects.flatMap(type => this.#object(type))];
  }

  /** What remains: types that are no objects of options, and objects that nothing above takes. */
  rest(): readonly string[] {
    const objects = [...this.#types.values()].filter(type => isObject(type) && !this.#told.has(type.name));
    const others = [...this.#types.values()].filter(type => !isObject(type)).sort((one, other) => one.name.localeCompare(other.name));
    const title = 'Other types';
    this.contents.push(title);
    return [`## ${title}`, ...objects.flatMap(type => this.#object(type)), ...others.flatMap(type => this.#other(type))];
  }

  /** Those that are not told of yet, each followed by those that it names. */
  #objectsFrom(names: readonly string[]): readonly NamedType[] {
    return names.flatMap(name => {
      const type = this.#types.get(name);
      if (type === undefined || this.#told.has(name)) return [];
      if (!isObject(type)) return type.definition === undefined ? [] : this.#objectsFrom(namesIn(type.definition));
      this.#told.add(name);
      return [type, ...this.#objectsFrom([...type.includes, ...type.options.flatMap(({ names: inner }) => inner)])];
    });
  }

  #object(type: NamedType): readonly string[] {
    const parts = [`### \`${type.name}\``];
    if (type.text !== '') parts.push(this.#linked(type.text));
    if (type.options.length > 0) parts.push(this.#table(type.options));
    if (type.includes.length > 0) parts.push(`And all of ${type.includes.map(link).join(' and of ')}.`);
    return parts;
  }

  #other({ name, text, definition }: NamedType): readonly string[] {
    const says = text === '' ? [] : [this.#linked(text)];
    return [`### \`${name}\``, ...says, ...(definition === undefined ? [] : ['```ts\n' + `type ${name} = ${definition};\n` + '```'])];
  }

  #table(options: readonly Option[]): string {
    const rows = options.map(option => this.#row(option));
    // Of options that the text above tells of.
    if (options.every(({ text }) => text === '')) return ['| option | type |', '|---|---|', ...rows.map(row => row.replace(/ \| {2}\|$/, ' |'))].join('\n');
    return ['| option | type | what it says |', '|---|---|---|', ...rows].join('\n');
  }

  #row({ name, type, isRequired, text, names }: Option): string {
    const links = names.filter(each => this.#types.has(each));
    const code = `\`${type}\``;
    const [only] = links;
    const typed = links.length === 1 && only !== undefined ? `[${code}](#${anchorOf(only)})` : links.length === 0 ? code : `${code}: ${links.map(link).join(', ')}`;
    const cells = [isRequired ? `**\`${name}\`**` : `\`${name}\``, typed, this.#linked(text)];
    return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  }

  /** Names of types that are told of here become links, unless they are written as code. */
  #linked(text: string): string {
    return text
      .split(/(`[^`]*`)/)
      .map(part => (part.startsWith('`') ? part : part.replaceAll(/\b[A-Z]\w+[a-z]\w*\b/g, word => (this.#types.has(word) && /[a-z][A-Z]/.test(word) ? link(word) : word))))
      .join('');
  }
}

function isObject(type: NamedType | undefined): boolean {
  return type !== undefined && (type.options.length > 0 || type.includes.length > 0);
}

function namesIn(definition: string): readonly string[] {
  return definition.match(/\b[A-Z]\w+/g) ?? [];
}

function link(name: string): string {
  return `[\`${name}\`](#${anchorOf(name)})`;
}

/** As GitHub makes it of a heading. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^\w\- ]/g, '').replaceAll(' ', '-');
}
