import { isIdentifier } from '../../model/identifier.js';
import type { Caller } from './caller.js';

/** Who may revoke in which organisation. */
export interface AuthorityOptions {
  /** The organisation above this one, `undefined` at the top. Default: there is none above any. */
  readonly parentOf?: (organisation: string) => string | undefined | Promise<string | undefined>;
  /** Decides in place of the default, which is: one's own organisation and its descendants. */
  readonly mayManage?: (caller: Caller, organisation: string) => boolean | Promise<boolean>;
}

export type MayManage = (caller: Caller, organisation: string) => Promise<boolean>;

/** Deepest hierarchy that is climbed: a cycle in `parentOf` ends here, without authority. */
const MAX_DEPTH = 32;

/** Authority goes down the hierarchy and never up: a child can never touch its parent. */
export function authority({ parentOf, mayManage }: AuthorityOptions): MayManage {
  if (mayManage !== undefined) {
    return async function asDecided(caller, organisation) {
      // Nothing but true is authority, not even an object that says no.
      const decision: unknown = await mayManage(caller, organisation);
      return decision === true;
    };
  }
  return async function managesItselfAndBelow(caller, organisation) {
    let current: unknown = organisation;
    // What a hook answers at the top (null from a database, an empty string) is no organisation: a caller without one must not match it.
    for (let depth = 0; isIdentifier(current) && depth < MAX_DEPTH; depth++) {
      if (current === caller.organisation) return true;
      current = await parentOf?.(current);
    }
    return false;
  };
}
