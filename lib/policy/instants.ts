import { isDate } from 'node:util/types';
import { InvalidTargetError } from '../errors.js';

/**
 * An instant that an option gives, whole milliseconds since 1970. Not just anything that Number() takes: null and '' would be 1970.
 *
 * @throws InvalidTargetError
 */
export function instantMs(option: string, given: number | Date): number {
  const atMs = Math.floor(isDate(given) ? given.getTime() : typeof given === 'number' ? given : NaN);
  if (Number.isSafeInteger(atMs) && atMs >= 0) return atMs;
  throw new InvalidTargetError(`${option} is a Date or milliseconds since 1970.`);
}
