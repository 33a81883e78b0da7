import type { Table } from './report.js';
import type { Settings } from './settings.js';

/** A part of the bench, run by its name. */
export interface Part {
  readonly name: string;
  readonly about: string;
  run(settings: Settings): Promise<PartResult>;
}

export interface PartResult {
  readonly tables: readonly Table[];
  /** Everything the tables were made of: written as JSON. */
  readonly data: unknown;
}

/** Progress goes to stderr: stdout is for the tables. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
