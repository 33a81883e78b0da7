import type { Command } from 'commander';
import type { ConnectOptions } from './connect.js';
import type { ExitStatus } from './exit-status.js';
import type { Output } from './output.js';

/** The options of every command. */
export interface GlobalOptions extends ConnectOptions {
  readonly json?: true;
}

/** What a command is run with. */
export interface Run<Options = unknown> {
  /** As they were declared; the optional ones may be missing. */
  readonly args: readonly string[];
  readonly options: Options & GlobalOptions;
  readonly output: Output;
  readonly signal: AbortSignal;
}

export type Handler<Options> = (run: Run<Options>) => Promise<ExitStatus>;

/** Turns a handler into what commander calls. */
export type Handle = <Options>(handler: Handler<Options>) => (...given: unknown[]) => Promise<void>;

/** Declares a command, each in a file of its own. */
export type Declare = (program: Command, handle: Handle) => void;
