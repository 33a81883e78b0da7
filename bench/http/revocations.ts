import { randomUUID } from 'node:crypto';
import { guardOf } from '../harness/guard.js';
import type { IssuedToken, Issuer } from '../harness/issuer.js';
import type { BenchRedis } from '../harness/redis.js';
import { revokedKey } from './middleware.js';

/** Tokens that were revoked before the measuring, and those that are revoked all the while. */
export const STANDING = 10_000;
export const PER_SECOND = 20;

/** Revokes, in livetoken's way and in that of the side with `isRevoked`. */
export interface Revocations {
  revoke(token: IssuedToken): Promise<void>;
  /** Goes on revoking tokens that nobody sends. A replica without news would look better than it does at work. */
  begin(): void;
  stop(): Promise<void>;
}

export async function startRevocations(issuer: Issuer, redis: BenchRedis): Promise<Revocations> {
  const { live } = await guardOf('direct', issuer.key, redis.url);
  const revoke = async (tokens: readonly IssuedToken[]): Promise<void> => {
    await live.revokeAll(tokens.map(({ jti, organisation }) => ({ kind: 'token', id: jti, organisation })));
    await redis.client.mset(tokens.flatMap(({ jti }) => [revokedKey(jti), '1']));
  };
  await live.ready();
  await revoke(Array.from({ length: STANDING }, unsent));
  let timer: NodeJS.Timeout | undefined;
  let failure: unknown;
  return {
    revoke: token => revoke([token]),
    begin() {
      timer = setInterval(() => {
        revoke([unsent()]).catch((error: unknown) => { failure ??= error; });
      }, 1000 / PER_SECOND);
    },
    async stop() {
      clearInterval(timer);
      await live.close();
      if (failure !== undefined) throw new Error('A revocation failed while the bench ran.', { cause: failure });
    },
  };
}

function unsent(): IssuedToken {
  return { token: '', jti: randomUUID(), organisation: 'org-1' };
}
