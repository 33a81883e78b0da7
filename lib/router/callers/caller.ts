import type { Request } from 'express';

/** Who calls an organisation or session endpoint, and what it may do there. */
export interface Caller {
  /** Names the caller in the audit log: `user alice`, `key merchant-key`. No secret. */
  readonly actor: string;
  /**
   * `partner`: may act for organisations that it names, as far as it manages them. `merchant`: may not name one, so at the
   * organisation endpoints it acts for its own only; it may end the sessions of users whose organisation it manages, as a partner
   * may. `user`: for nobody but itself.
   */
  readonly level: 'partner' | 'merchant' | 'user';
  /** The organisation that the caller belongs to. Absent: it may act for none. */
  readonly organisation?: string;
  /** The user that the caller is. Absent where it is none. */
  readonly subject?: string;
  /** The session that the caller's own token belongs to. Absent where there is none. */
  readonly session?: string;
}

/**
 * Whether a caller may revoke for others. Nothing else than these two levels is authority: what a database or a function answers may
 * be null, in other letters, or a level that there is none of here.
 */
export function isAdministrator({ level }: Pick<Caller, 'level'>): boolean {
  return level === 'partner' || level === 'merchant';
}

/**
 * Says who sent a request: a caller; `undefined` when the request carries no credentials of this kind; `'refused'` when it does
 * and they are wrong.
 */
export type Authenticate = (req: Request) => Promise<Caller | 'refused' | undefined>;

/** Asks several in turn: the first that finds credentials of its kind decides. */
export function firstOf(...authenticators: readonly Authenticate[]): Authenticate {
  return async function authenticateFirst(req) {
    for (const authenticate of authenticators) {
      const caller = await authenticate(req);
      if (caller !== undefined) return caller;
    }
    return undefined;
  };
}
