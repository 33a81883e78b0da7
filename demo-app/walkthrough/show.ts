const WIDTH = 100;
const LONGEST_BODY = 140;

/** Text in lines of readable length, each indented. */
export function wrap(text: string, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + word.length >= WIDTH) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line].map(each => indent + each).join('\n');
}

/** Tokens are secrets, in a terminal too: their ends are enough to tell them apart. */
export function withoutTokens(text: string): string {
  return text.replace(/eyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, token => `eyJ…${token.slice(-6)}`).replace(/rt_[\w-]{40,}/g, token => `rt_…${token.slice(-6)}`);
}

/**
 * What of an answer is worth a look: all of a short one, of a long one the members that the story speaks of.
 *
 * @param members names and, for what is nested, members of their own
 */
export function shortBody(text: string, body: unknown, members: object): string {
  const whole = withoutTokens(text);
  if (whole.length <= LONGEST_BODY) return whole;
  const picked = pick(body, members);
  if (Object.keys(picked).length === 0) return `${whole.slice(0, LONGEST_BODY)}…`;
  return withoutTokens(JSON.stringify(picked)).replace(/\}$/, ', …}');
}

function pick(body: unknown, members: object): Readonly<Record<string, unknown>> {
  const picked: Record<string, unknown> = {};
  for (const [name, nested] of Object.entries(members) as [string, unknown][]) {
    const value = (Object(body) as Readonly<Record<string, unknown>>)[name];
    const isNested = typeof nested === 'object' && nested !== null && !Array.isArray(nested);
    if (value !== undefined) picked[name] = isNested ? pick(value, nested) : value;
  }
  return picked;
}

export const bold = (text: string): string => styled(1, text);
export const green = (text: string): string => styled(32, text);
export const red = (text: string): string => styled(31, text);

/** For eyes only: a pipe or a file gets plain text. */
function styled(code: number, text: string): string {
  return process.stdout.isTTY ? `\u001b[${code}m${text}\u001b[0m` : text;
}
