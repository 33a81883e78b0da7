const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})T(?:[01]\d|2[0-3]):\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/i;

/** An instant as RFC 3339 section 5.6 has it, whole milliseconds since 1970; `undefined` for what is none, or before 1970. */
export function rfc3339Ms(text: string): number | undefined {
  const [, year, month, day] = DATE_TIME.exec(text) ?? [];
  // Date.parse takes 30 February for 2 March.
  const isDay = Number(day) <= new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  const atMs = isDay ? Date.parse(text.toUpperCase()) : NaN;
  return atMs >= 0 ? atMs : undefined;
}
