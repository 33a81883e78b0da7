import { describeTarget, type Target } from '../model/target.js';

/** An instant for people and scripts alike: UTC, with milliseconds. */
export function instant(ms: number): string {
  return new Date(ms).toISOString();
}

/** The same in JSON: `null` where there is none, as of what is dead for good. */
export function instantOrNull(ms: number | undefined): string | null {
  return ms === undefined || !Number.isFinite(ms) ? null : instant(ms);
}

const UNITS = [
  { unit: 'd', ms: 86_400_000 },
  { unit: 'h', ms: 3_600_000 },
  { unit: 'min', ms: 60_000 },
  { unit: 's', ms: 1000 },
] as const;

/** Rounded down to its largest unit that makes at least two of it: `90 s`, `25 h`. */
export function duration(ms: number): string {
  const { unit, ms: each } = UNITS.find(({ ms: size }) => ms >= 2 * size) ?? { unit: 'ms', ms: 1 };
  return `${Math.floor(ms / each)} ${unit}`;
}

export function ago(ms: number, nowMs = Date.now()): string {
  return ms > nowMs ? `in ${duration(ms - nowMs)}` : `${duration(nowMs - ms)} ago`;
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}

export function bytes(number: number): string {
  if (number < 2048) return `${Math.round(number)} B`;
  if (number < 2_097_152) return `${(number / 1024).toFixed(1)} kB`;
  return `${(number / 1_048_576).toFixed(1)} MB`;
}

/** As in the audit log, but that a user is a user here. */
export function inWords(target: Target): string {
  return describeTarget(target).replace(/^subject /, 'user ');
}

/** A target as the command line names it, in JSON: a user is a user here. */
export function namedTarget({ kind, ...names }: Target): Readonly<Record<string, unknown>> {
  return { kind: kind === 'subject' ? 'user' : kind, ...names };
}

export const NOTHING_TRACKED =
  'No token at all is tracked here: the application does not report what it issues (tracking), or this is not its namespace, or none is live.';
