/**
 * Whether an expression is one of PromQL, as far as the page and the dashboard use it: selectors, ranges, functions, aggregations and
 * operators. What is left out here is refused, so that whoever needs it adds it.
 */
export function faultOf(expression: string): string | undefined {
  try {
    const rest = new Parser(tokensOf(expression)).whole();
    return rest === undefined ? undefined : `"${rest}" is one too many`;
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
}

const FUNCTIONS = new Set(['rate', 'increase', 'histogram_quantile', 'vector']);
const RANGED = new Set(['rate', 'increase']);
const AGGREGATIONS = new Set(['sum', 'max', 'min', 'avg', 'count']);
const OPERATORS = new Set(['+', '-', '*', '/', '>', '<', '>=', '<=', '==', '!=', 'and', 'or', 'unless']);

const TOKEN = /\s*(\d+(?:\.\d+)?(?![\w.])|[a-zA-Z_:][\w:]*|"(?:[^"\\]|\\.)*"|\[(?:\d+[smhdw]|\$__rate_interval)\]|=~|!~|!=|==|>=|<=|[{}(),=<>+\-*/])/y;

function tokensOf(expression: string): readonly string[] {
  const tokens: string[] = [];
  const pattern = new RegExp(TOKEN);
  while (pattern.lastIndex < expression.trimEnd().length) {
    const from = pattern.lastIndex;
    const [, token] = pattern.exec(expression) ?? [];
    if (token === undefined) throw new SyntaxError(`nothing is known to begin with "${expression.slice(from, from + 10)}"`);
    tokens.push(token);
  }
  return tokens;
}

type Type = 'scalar' | 'vector' | 'range';

class Parser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  /** Answers what is left over. */
  whole(): string | undefined {
    if (this.#operation() === 'range') throw new SyntaxError('a range is no answer');
    return this.#next;
  }

  get #next(): string | undefined {
    return this.#tokens[this.#at];
  }

  #take(...expected: readonly string[]): string {
    const token = this.#next;
    if (token === undefined || (expected.length > 0 && !expected.includes(token))) throw new SyntaxError(`${expected.join(' or ')} instead of ${token ?? 'the end'}`);
    this.#at += 1;
    return token;
  }

  #operation(): Type {
    let type = this.#operand();
    while (OPERATORS.has(this.#next ?? '')) {
      const operator = this.#take();
      const other = this.#operand();
      if (type === 'range' || other === 'range') throw new SyntaxError(`a range beside ${operator}`);
      if (/^[a-z]/.test(operator) && (type === 'scalar' || other === 'scalar')) throw new SyntaxError(`a number beside ${operator}`);
      type = type === 'vector' || other === 'vector' ? 'vector' : 'scalar';
    }
    return type;
  }

  #operand(): Type {
    const token = this.#next ?? '';
    if (/^\d/.test(token)) {
      this.#take();
      return 'scalar';
    }
    if (token === '(') return this.#between(() => this.#operation());
    if (token === '{') return this.#selected();
    if (!/^[a-zA-Z_:]/.test(token) || OPERATORS.has(token)) throw new SyntaxError(`"${token}" where something is to be asked`);
    this.#take();
    if (AGGREGATIONS.has(token)) return this.#aggregated();
    if (this.#next === '(') return this.#called(token);
    return this.#selected();
  }

  #between<T>(inner: () => T): T {
    this.#take('(');
    const found = inner();
    this.#take(')');
    return found;
  }

  #aggregated(): Type {
    if (this.#next === 'by' || this.#next === 'without') {
      this.#take();
      this.#between(() => { this.#list(() => this.#name()); });
    }
    if (this.#between(() => this.#operation()) !== 'vector') throw new SyntaxError('an aggregation of no vector');
    return 'vector';
  }

  #called(name: string): Type {
    if (!FUNCTIONS.has(name)) throw new SyntaxError(`no function is called ${name}`);
    const given = this.#between(() => this.#list(() => this.#operation()));
    const wanted: Readonly<Record<string, readonly Type[]>> = { histogram_quantile: ['scalar', 'vector'], vector: ['scalar'] };
    const expected = RANGED.has(name) ? ['range'] : wanted[name];
    if (given.join() !== expected?.join()) throw new SyntaxError(`${name} of ${given.join(' and ')}`);
    return 'vector';
  }

  #selected(): Type {
    if (this.#next === '{') this.#matchers();
    if (!(this.#next ?? '').startsWith('[')) return 'vector';
    this.#take();
    return 'range';
  }

  #matchers(): void {
    this.#take('{');
    this.#list(() => {
      this.#name();
      const isPattern = this.#take('=', '!=', '=~', '!~').endsWith('~');
      const text = this.#take();
      if (!text.startsWith('"')) throw new SyntaxError(`${text} where a text is compared`);
      if (isPattern) new RegExp(text.slice(1, -1));
    });
    this.#take('}');
  }

  #name(): string {
    const name = this.#take();
    if (!/^[a-zA-Z_]\w*$/.test(name)) throw new SyntaxError(`"${name}" where a label is named`);
    return name;
  }

  #list<T>(each: () => T): T[] {
    const found = [each()];
    while (this.#next === ',') {
      this.#take();
      found.push(each());
    }
    return found;
  }
}
