import type { Claims, VerifyToken } from 'livetoken';

/** A verify function that counts its calls, whose keys may change, and which can be held up before it answers. */
export interface WatchedVerifier {
  readonly verify: VerifyToken;
  calls: number;
  /** What `verify.keysVersion` answers. */
  keysVersion: number | undefined;
  /** Happens when `inner` has come to its answer, before that is handed over. */
  beforeAnswer: () => unknown;
}

export function watchedVerifier(inner: (token: string) => Promise<Claims>, keysVersion?: number): WatchedVerifier {
  const watched = { calls: 0, keysVersion, beforeAnswer: (): unknown => undefined };
  const verify = async (token: string): Promise<Claims> => {
    watched.calls += 1;
    const claims = await inner(token);
    await watched.beforeAnswer();
    return claims;
  };
  Object.defineProperty(verify, 'keysVersion', { get: () => watched.keysVersion });
  return Object.assign(watched, { verify });
}
