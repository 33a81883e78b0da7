/** A verified JWT payload (RFC 7519 section 4). Nothing in it is typed until it has been looked at. */
export type Claims = Readonly<Record<string, unknown>>;

/** True for what JSON calls an object: not null, not an array, not a boxed or class value. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
