/** A whole number between bounds. */
export interface Range {
  readonly min: number;
  readonly max?: number;
  /** Completes "give a whole number...", such as "of milliseconds". */
  readonly unit: string;
}

/** @throws TypeError unless `value` is a whole number in range */
export function wholeNumber(option: string, value: unknown, { min, max = Number.MAX_SAFE_INTEGER, unit }: Range): number {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  const bounds = max === Number.MAX_SAFE_INTEGER ? `, at least ${min}` : ` from ${min} to ${max}`;
  throw badOption(option, value, `a whole number ${unit}${bounds}`);
}

/** @throws TypeError unless `value` is true, false or left out, which is false */
export function flag(option: string, value: unknown): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false;
  throw badOption(option, value, 'true or false');
}

/** @throws TypeError unless `value` is one of `choices` */
export function choice<T extends string>(option: string, value: T, choices: readonly T[]): T {
  if (choices.includes(value)) return value;
  throw badOption(option, value, choices.map(each => `'${each}'`).join(' or '));
}

/** @throws TypeError where an option has a name that does not exist: a misspelt safety option would silently be off */
export function onlyKnown(where: string, given: object, known: readonly string[]): void {
  const options: unknown = given;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${where} takes an object of options, not ${shown(options)}.`);
  }
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) throw new TypeError(`${where} has no option ${name}; its options are ${known.join(', ')}.`);
  }
}

/** The programmer's mistake: names the option, what it is, and what to write instead. Never shows a string: it may be a secret. */
export function badOption(option: string, value: unknown, instead: string): TypeError {
  return new TypeError(`${option} is ${shown(value)}; give ${instead}.`);
}

function shown(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean' || value === undefined || value === null) return String(value);
  if (value === '') return 'an empty string';
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object';
  return `a ${typeof value}`;
}
