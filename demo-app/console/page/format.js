const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const shortClock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const numbers = new Intl.NumberFormat('en');

/** @param {number} ms */
export const timeOf = ms => clock.format(ms);

/** @param {number} ms */
export const shortTimeOf = ms => shortClock.format(ms);

/** @param {number} value */
export const numberOf = value => numbers.format(value);

/** @param {number} count */
export const tokensOf = count => `${count === 0 ? 'no' : numberOf(count)} ${count === 1 ? 'token' : 'tokens'}`;

/** Below ten milliseconds the tenths count. @param {number} ms */
export const millisecondsOf = ms => (ms < 10 ? ms.toFixed(1) : numberOf(Math.round(ms)));

const UNITS = /** @type {const} */ ([[86_400_000, 'day'], [3_600_000, 'hour'], [60_000, 'minute']]);

/** How long something still lasts, in its largest unit. @param {number} ms */
export function lastsFor(ms) {
  for (const [size, unit] of UNITS) {
    const count = Math.round(ms / size);
    if (count >= 1) return `${count} ${unit}${count === 1 ? '' : 's'}`;
  }
  return 'less than a minute';
}
