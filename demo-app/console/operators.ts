import type { RequestHandler, Response } from 'express';
import { memoryStore, requireLiveToken, type Claims } from 'livetoken';
import { identityOf } from '../issuer/claims.js';
import { createIssuer } from '../issuer/issuer.js';
import { passwordCheck } from '../issuer/passwords.js';
import type { AccessToken } from '../issuer/tokens.js';
import { OPERATOR } from '../seed.js';
import { memoryState } from '../state/memory-state.js';

/** Those who may use the console. */
export interface Operators {
  /** Lets a request pass only with the live token of an operator. */
  readonly guard: RequestHandler;
  /** `undefined` for a wrong name or password. */
  signIn(name: string, password: string): Promise<AccessToken | undefined>;
  signOut(claims: Claims): Promise<void>;
  /** Aborts once the token is signed out or expires. */
  watch(claims: Claims, response: Response): AbortSignal;
  close(): Promise<void>;
}

const SCOPE = 'console';
const LIFETIME_S = 8 * 3600;

/**
 * Operators have an issuer of their own, in this process's memory: they stay signed in while the Redis that they switch off is away,
 * and revoking everything does not lock them out. Its key is its own too, so that their tokens open nothing else, and no other
 * token opens the console.
 */
export function createOperators(): Operators {
  const state = memoryState();
  const { live, tokens } = createIssuer(memoryStore(), state);
  const provesPassword = passwordCheck([OPERATOR]);
  return {
    guard: requireLiveToken(live, { scope: SCOPE, realm: 'console', exposeReason: true }),
    signIn: async (name, password) => {
      const user = name === OPERATOR.id ? OPERATOR : undefined;
      const identity = identityOf({ subject: OPERATOR.id, client: 'console', organisation: OPERATOR.organisation, scopes: [SCOPE] });
      const issuedAtMs = await tokens.issueTime(identity);
      if (!(await provesPassword(user, password))) return undefined;
      return tokens.access(identity, issuedAtMs, { lifetimeS: LIFETIME_S });
    },
    signOut: async claims => {
      const target = { kind: 'token', id: String(claims['jti']), organisation: String(claims['org']) } as const;
      await live.revoke(target, { actor: `operator ${OPERATOR.id}`, reason: 'signed out' });
    },
    watch: (claims, until) => live.watch(claims, { until }),
    close: async () => {
      await live.close();
      await state.close();
    },
  };
}
