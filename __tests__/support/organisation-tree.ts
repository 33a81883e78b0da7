import type { ApiKey } from 'livetoken';

/**
 * A bank with two merchants, one of which has a stall below it, and a rival with an outlet.
 *
 *     bank ─┬─ shop ── stall        rival ── outlet
 *           └─ kiosk
 */
const PARENTS: ReadonlyMap<string, string> = new Map([
  ['shop', 'bank'],
  ['kiosk', 'bank'],
  ['stall', 'shop'],
  ['outlet', 'rival'],
]);

export const parentOf = (organisation: string): string | undefined => PARENTS.get(organisation);

export const API_KEYS: readonly ApiKey[] = [
  { id: 'partner-key', secret: 'partner-secret', organisation: 'bank', level: 'partner' },
  { id: 'merchant-key', secret: 'merchant-secret', organisation: 'shop', level: 'merchant' },
  { id: 'rival-key', secret: 'rival-secret', organisation: 'rival', level: 'partner' },
  { id: 'outlet-key', secret: 'outlet-secret', organisation: 'outlet', level: 'merchant' },
];

export function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

export const bearer = (token: string): string => `Bearer ${token}`;

export const PARTNER = basic('partner-key', 'partner-secret');
export const MERCHANT = basic('merchant-key', 'merchant-secret');
export const RIVAL = basic('rival-key', 'rival-secret');
export const OUTLET = basic('outlet-key', 'outlet-secret');
