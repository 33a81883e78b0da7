import { rfc3339Ms } from '../model/rfc3339.js';
import { badUsage } from './exit-status.js';

const AGO = /^(\d{1,9})(s|m|h|d)$/;

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** RFC 3339, where midnight and the seconds may be left out. With a time of day there must be an offset: nobody can tell whose it is otherwise. */
const DATE = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(:\d\d(?:\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d))?$/;

/**
 * An instant as it is typed: how long ago, or when.
 *
 * @throws CommandFailure that says what to write
 */
export function parseInstant(option: string, text: string, nowMs = Date.now()): number {
  const [, amount, unit = ''] = AGO.exec(text) ?? [];
  if (amount !== undefined) return nowMs - Number(amount) * (UNIT_MS[unit] ?? NaN);
  const [, date = '', time = '00:00', seconds = ':00', offset = 'Z'] = DATE.exec(text) ?? [];
  const ms = rfc3339Ms(`${date}T${time}${seconds}${offset}`);
  if (ms !== undefined) return ms;
  throw badUsage(`${option} takes how long ago (30s, 15m, 2h, 7d) or a date of the calendar with its offset (2026-01-31, 2026-01-31T08:30:00Z).`);
}

export function parseOptionalInstant(option: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseInstant(option, text);
}
