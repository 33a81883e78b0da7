import { printable } from '../model/target.js';
import { withoutSecrets } from './secrets.js';

type Colour = 'red' | 'green' | 'yellow' | 'bold' | 'dim';

const CODES: Readonly<Record<Colour, readonly [start: number, end: number]>> = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  bold: [1, 22],
  dim: [2, 22],
};

/** Node's own judgement of a terminal: it knows NO_COLOR, FORCE_COLOR and TERM. Without a terminal there are no colours at all. */
function hasColours(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && stream.hasColors();
}

/** Whether somebody sits there who can be asked. The question goes to stderr: stdout may lead into a file. */
export function isInteractive(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** Where a command writes to. The answer goes to stdout, as text or JSON; whatever is said beside it to stderr. */
export class Output {
  readonly isJson: boolean;
  #hasProgress = false;

  constructor(isJson: boolean) {
    this.isJson = isJson;
  }

  /** The one answer of a command. `text` is several lines, without a line break at its end. */
  answer(document: unknown, text: string): void {
    this.#write(this.isJson ? JSON.stringify(document, undefined, 2) : text);
  }

  /** One of many answers, a line each. */
  item(document: unknown, text: string): void {
    this.#write(this.isJson ? JSON.stringify(document) : text);
  }

  note(text: string): void {
    this.endProgress();
    process.stderr.write(`${withoutSecrets(text)}\n`);
  }

  failure(text: string): void {
    this.note(hasColours(process.stderr) ? painted('red', text) : text);
  }

  /** How far long work has got: on a terminal only, always on the same line. */
  progress(text: string): void {
    if (!process.stderr.isTTY) return;
    this.#hasProgress = true;
    process.stderr.write(`\r\u001b[2K${text}`);
  }

  endProgress(): void {
    if (this.#hasProgress) process.stderr.write('\r\u001b[2K');
    this.#hasProgress = false;
  }

  paint(colour: Colour, text: string): string {
    return hasColours(process.stdout) ? painted(colour, text) : text;
  }

  #write(text: string): void {
    this.endProgress();
    process.stdout.write(`${text}\n`);
  }
}

function painted(colour: Colour, text: string): string {
  const [start, end] = CODES[colour];
  return `\u001b[${start}m${text}\u001b[${end}m`;
}

/** Columns as wide as what stands in them. What came from outside cannot move the cursor. */
export function table(head: readonly string[], rows: readonly (readonly (string | undefined)[])[]): string {
  const lines = [head, ...rows].map(row => head.map((_, i) => printable(row[i] ?? '')));
  const widths = head.map((_, i) => Math.max(...lines.map(line => (line[i] ?? '').length)));
  return lines.map(line => line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ').trimEnd()).join('\n');
}
