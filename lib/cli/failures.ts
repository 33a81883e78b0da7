import type { LivetokenErrorCode } from '../errors.js';
import { CommandFailure, EXIT, type ExitStatus } from './exit-status.js';

interface Told {
  readonly status: ExitStatus;
  readonly message: string;
}

const STATUSES: Readonly<Record<LivetokenErrorCode, ExitStatus>> = {
  invalid_token: EXIT.refused,
  invalid_target: EXIT.usage,
  store_unavailable: EXIT.unavailable,
  store_full: EXIT.unavailable,
  closed: EXIT.unavailable,
};

/**
 * What to say of an error. By its code and not its class: a config file in CommonJS has a copy of the package of its own. Of an error
 * that is not ours the message may hold anything, a token or a password too: only its name is told, and where it came from.
 */
export function describeFailure(error: unknown): Told {
  if (error instanceof CommandFailure) return { status: error.status, message: error.message };
  if (!(error instanceof Error)) return { status: EXIT.failed, message: 'Something was thrown that is no error.' };
  const { code, status } = error as { readonly code?: unknown; readonly status?: unknown };
  if (typeof code === 'string' && Object.hasOwn(STATUSES, code)) return { status: STATUSES[code as LivetokenErrorCode], message: error.message };
  // Such as a verify function of one's own, whose keys are out of reach.
  if (status === 503) return { status: EXIT.unavailable, message: `What the config file made cannot tell right now (${error.name}, status 503). Try again.` };
  return { status: EXIT.failed, message: `It failed unexpectedly (${error.name}${placeOf(error)}). Nothing more is shown, because it might hold a secret.` };
}

/** The uppermost frame that has a file: the message above the frames may be of several lines. */
export function placeOf({ stack = '' }: Error): string {
  const place = /^ {4}at .*?((?:file:\/\/)?\/[^()\s]+:\d+:\d+)\)?$/m.exec(stack)?.[1];
  return place === undefined ? '' : ` at ${place.replace(/^file:\/\//, '')}`;
}
