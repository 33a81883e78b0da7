import fc from 'fast-check';
import { rfc3339Ms } from '../../lib/model/rfc3339.js';

describe('rfc3339Ms (RFC 3339 section 5.6)', () => {
  it('reads every instant since 1970 as it is written', () => {
    const instants = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });
    fc.assert(fc.property(instants, instant => {
      expect(rfc3339Ms(instant.toISOString())).toBe(instant.getTime());
      expect(rfc3339Ms(instant.toISOString().toLowerCase())).toBe(instant.getTime());
    }));
  });

  it.each([
    ['2026-01-31T08:30:00+01:30', '2026-01-31T07:00:00.000Z'],
    ['2026-01-31T08:30:00.123456789-00:30', '2026-01-31T09:00:00.123Z'],
    ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
  ])('knows offsets, fractions and leap years: %s', (text, instant) => {
    expect(new Date(rfc3339Ms(text)!).toISOString()).toBe(instant);
  });

  it.each([
    ...['2026-02-30', '2026-02-29', '2100-02-29', '2026-04-31', '2026-06-31', '2026-09-31', '2026-11-31', '2026-01-32', '2026-00-01', '2026-13-01', '2026-01-00'].map(day => `${day}T00:00:00Z`),
    ...['24:00:00Z', '08:60:00Z', '08:30:61Z', '08:30:00', '08:30Z', '08:30:00+25:00', '08:30:00.Z', '08:30:00Z '].map(time => `2026-01-31T${time}`),
    ...['', '2026-01-31', '1969-12-31T23:59:59Z', '1700000000000', '2026-01-31 08:30:00Z', '2026-1-31T08:30:00Z'],
  ])('takes nothing else: %j', text => {
    expect(rfc3339Ms(text)).toBeUndefined();
  });
});
