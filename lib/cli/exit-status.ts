/**
 * What the process ends with. Stable: scripts branch on it.
 *
 * - `done`: it was done; the token is live; nothing endangers the revocations
 * - `refused`: the token is refused; a danger was found
 * - `usage`: the command, its settings or the config file are wrong; nothing was done
 * - `unavailable`: Redis cannot be reached, or cannot tell
 * - `failed`: what should not happen
 * - `interrupted`: ended by Ctrl-C before it was done, or not confirmed
 */
export const EXIT = { done: 0, refused: 1, usage: 2, unavailable: 3, failed: 4, interrupted: 130 } as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command. The message is for people, and holds no secret. */
export class CommandFailure extends Error {
  readonly status: ExitStatus;
  constructor(status: ExitStatus, message: string) {
    super(message);
    this.status = status;
  }
}

export function badUsage(message: string): CommandFailure {
  return new CommandFailure(EXIT.usage, message);
}

export function interrupted(message: string): CommandFailure {
  return new CommandFailure(EXIT.interrupted, message);
}
