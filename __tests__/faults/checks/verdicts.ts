import type { Checked, Issued } from '../history.js';
import type { Coverage } from './coverage.js';
import type { Run } from './run.js';

export function isAccepted({ status }: Checked): boolean {
  return status >= 200 && status < 300;
}

export function isRefused({ status }: Checked): boolean {
  return status === 401;
}

/** Nobody could tell, or nobody answered. */
export function isUnavailable({ status }: Checked): boolean {
  return status === 503 || status === 0;
}

/** Whether expiry is out of the question, and a revocation is not: then the refusal shows that one has taken place. */
export function showsRevocation(check: Checked, token: Issued, run: Run, possible: Coverage): boolean {
  if (!isRefused(check) || check.error === 'expired' || run.clock.mayHaveExpired(token, check.toMs)) return false;
  const cover = possible.first(token);
  return cover !== undefined && cover.sinceMs <= check.toMs;
}

export function tokenOf({ tokens }: Run, { token }: Checked): Issued {
  return tokens.get(token)!;
}
