/**
 * What time it is for what may be forgotten, milliseconds since 1970. A clock that is put ahead and back again must not take away in
 * between what is in force: so this one goes no faster than the process has run.
 */
export function forgettingMs(): number {
  return Math.min(Date.now(), performance.timeOrigin + performance.now());
}
