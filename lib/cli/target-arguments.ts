import type { Command } from 'commander';
import { assertTarget, type Target, type TargetKind } from '../model/target.js';
import { badUsage } from './exit-status.js';

/** The options that say more of a target. */
export interface TargetOptions {
  readonly organisation?: string;
  readonly client?: string;
  readonly sessionsOnly?: true;
}

const KINDS: Readonly<Record<string, TargetKind>> = {
  user: 'subject',
  member: 'member',
  organisation: 'organisation',
  client: 'client',
  session: 'session',
  grant: 'grant',
  token: 'token',
  all: 'all',
  // As the library calls it, and as others spell it.
  subject: 'subject',
  organization: 'organisation',
};

export const TARGETS_HELP = `
Targets:
  user <id>                       all tokens of a user; --client <id> or --sessions-only for a part of them
  member <id> --organisation <o>  a user inside one organisation; narrowed in the same ways
  organisation <id>               all tokens of an organisation
  client <id>                     all tokens of an OAuth client
  session <id>                    what carries this sid
  grant <id>                      a refresh token and the access tokens that it spawned
  token <jti>                     one token; --organisation <o> where tokens name one
  all                             everything`;

export function addTargetOptions(command: Command): Command {
  return command
    .option('--organisation <id>', 'of a member or a token: inside this organisation')
    .option('--client <id>', 'of a user or member: only tokens of this client')
    .option('--sessions-only', 'of a user or member: only tokens with a session');
}

/**
 * The target that the arguments name.
 *
 * @throws CommandFailure, InvalidTargetError
 */
export function targetOf(named: string, id: string | undefined, options: TargetOptions): Target {
  if (!Object.hasOwn(KINDS, named)) throw badUsage('The first argument says what kind of target it is: user, member, organisation, client, session, grant, token or all.');
  const kind = KINDS[named] as TargetKind;
  if (kind === 'all' && id !== undefined) throw badUsage('"all" takes no id: it means everything.');
  if (kind !== 'all' && id === undefined) throw badUsage(`Say which: ${named} <id>.`);
  if (kind === 'member' && options.organisation === undefined) throw badUsage('A member is a user inside an organisation: add --organisation <id>.');
  assertFits(named, kind, options);
  const { organisation, client, sessionsOnly } = options;
  const target = {
    kind,
    ...(id !== undefined && { id }),
    ...(organisation !== undefined && { organisation }),
    ...(client !== undefined && { client }),
    ...(sessionsOnly === true && { sessionsOnly }),
  } as Target;
  assertTarget(target);
  return target;
}

function assertFits(named: string, kind: TargetKind, { organisation, client, sessionsOnly }: TargetOptions): void {
  if (organisation !== undefined && kind !== 'member' && kind !== 'token') {
    const instead = kind === 'subject' ? ' For a user inside one organisation write: member <id> --organisation <o>.' : '';
    throw badUsage(`--organisation belongs to a member or a token, not to ${named}.${instead}`);
  }
  const isNarrowed = client !== undefined || sessionsOnly === true;
  if (isNarrowed && kind !== 'member' && kind !== 'subject') throw badUsage(`--client and --sessions-only belong to a user or a member, not to ${named}.`);
  if (client !== undefined && sessionsOnly === true) throw badUsage('Narrow with --client or with --sessions-only, not with both.');
}
