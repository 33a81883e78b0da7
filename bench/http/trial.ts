import { setTimeout as sleep } from 'node:timers/promises';
import type { Issuer } from '../harness/issuer.js';
import { PATH, type Instance } from './instance.js';
import type { HttpSide } from './sides.js';
import type { Revocations } from './revocations.js';

/** A side that does not do what it is there for must not be measured. @throws Error */
export async function assertWorks({ name, verifies, knowsRevocations }: HttpSide, instances: readonly Instance[], issuer: Issuer, revocations: Revocations): Promise<void> {
  const good = issuer.issue();
  const expired = issuer.issue({ exp: Math.floor(Date.now() / 1000) - 60 });
  const foreign = issuer.issue({ aud: 'https://elsewhere.example.com/' });
  const revoked = issuer.issue();
  await revocations.revoke(revoked);
  for (const { port } of instances) {
    const expected: readonly [string, string, number][] = [
      ['a good token', good.token, 200],
      ['a forged token', forged(good.token), verifies ? 401 : 200],
      ['an expired token', expired.token, verifies ? 401 : 200],
      ['a token for somebody else', foreign.token, verifies ? 401 : 200],
      ['a revoked token', revoked.token, knowsRevocations ? 401 : 200],
    ];
    for (const [what, token, status] of expected) {
      const answered = await statusOnceSettled(port, token, status);
      if (answered !== status) throw new Error(`${name} answered ${answered} to ${what}, and not ${status}.`);
    }
  }
}

/** A replica may need a moment to hear of a revocation. */
async function statusOnceSettled(port: number, token: string, expected: number): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const { status } = await fetch(`http://127.0.0.1:${port}${PATH}`, { headers: { authorization: `Bearer ${token}` } });
    if (status === expected || attempt === 50) return status;
    await sleep(20);
  }
}

/** The signature differs in a character in its middle: the last one may hold bits that nobody reads. */
function forged(token: string): string {
  const at = token.length - 20;
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
}
