import { badOption, onlyKnown } from '../../option-checks.js';

/** @throws TypeError unless `options` has no other members than these hooks, and all that are there are functions */
export function onlyHooks<T extends object>(group: string, options: T, names: readonly (keyof T & string)[]): void {
  onlyKnown(group, options, names);
  for (const name of names) {
    const hook: unknown = options[name];
    if (hook !== undefined && typeof hook !== 'function') throw badOption(`${group}.${name}`, hook, 'a function, or leave it out');
  }
}
