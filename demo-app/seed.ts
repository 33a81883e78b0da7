import type { ApiKey, OAuthClient } from 'livetoken';

// What the demo is made of. Everything here is public: the secrets open nothing but this demo.

export interface Organisation {
  readonly id: string;
  readonly name: string;
  /** The organisation above it, which may revoke in it. */
  readonly parent?: string;
  /** What tokens of this organisation show as their access type. */
  readonly accessType: 'BN' | 'CR';
}

export type GrantType = 'password' | 'refresh_token' | 'client_credentials';

export interface Client extends OAuthClient {
  readonly grants: readonly GrantType[];
}

export interface User {
  /** The `sub` of the user's tokens. */
  readonly id: string;
  readonly password: string;
  readonly organisation: string;
}

/** The partner, which runs the platform. Its OAuth clients' own tokens (client_credentials) belong to it. */
export const PARTNER = '8ow24y2pdx';

export const ORGANISATIONS: readonly Organisation[] = Object.freeze([
  { id: PARTNER, name: 'Partner', accessType: 'BN' },
  { id: 'ybo8zd8j2q', name: 'First merchant', parent: PARTNER, accessType: 'CR' },
  { id: 'qj29q69mxn', name: 'Second merchant', parent: PARTNER, accessType: 'CR' },
  { id: 'j29p3kpabx', name: 'Unrelated merchant', accessType: 'CR' },
]);

export const API_KEYS: readonly ApiKey[] = Object.freeze([
  { id: 'partner-key', secret: 'partner-secret', organisation: PARTNER, level: 'partner' },
  { id: 'merchant-key', secret: 'merchant-secret', organisation: 'ybo8zd8j2q', level: 'merchant' },
  { id: 'other-key', secret: 'other-secret', organisation: 'j29p3kpabx', level: 'merchant' },
]);

export const CLIENTS: readonly Client[] = Object.freeze([
  { id: 'web', secret: 'web-secret', grants: ['password', 'refresh_token', 'client_credentials'] },
  { id: 'mobile', secret: 'mobile-secret', grants: ['password', 'refresh_token', 'client_credentials'] },
  { id: 'spa', public: true, grants: ['password', 'refresh_token'] },
  { id: 'api', secret: 'api-secret', mayIntrospect: true, grants: ['client_credentials'] },
]);

export const USERS: readonly User[] = Object.freeze([
  { id: 'alice', password: 'alice-password', organisation: 'ybo8zd8j2q' },
  { id: 'bob', password: 'bob-password', organisation: 'qj29q69mxn' },
  { id: 'carol', password: 'carol-password', organisation: 'ybo8zd8j2q' },
  { id: 'dave', password: 'dave-password', organisation: 'qj29q69mxn' },
  { id: 'erin', password: 'erin-password', organisation: 'j29p3kpabx' },
]);

/** Who signs in at the console, and nowhere else. */
export const OPERATOR: User = Object.freeze({ id: 'operator', password: 'operator-password', organisation: PARTNER });

/** What users, and clients acting for themselves, may do. They get all of it unless they ask for less. */
export const USER_SCOPES: readonly string[] = Object.freeze(['orders:read', 'orders:write']);

/** What an API key may put into a token: never more than its holder may do. */
export const KEY_SCOPES: Readonly<Record<'partner' | 'merchant', readonly string[]>> = Object.freeze({
  merchant: [...USER_SCOPES, 'admin'],
  partner: [...USER_SCOPES, 'admin', 'bankadmin'],
});

/** Looks by `find`, never by property: no id, `__proto__` included, finds what is not there. */
export const findOrganisation = (id: string): Organisation | undefined => ORGANISATIONS.find(each => each.id === id);
export const findClient = (id: string): Client | undefined => CLIENTS.find(each => each.id === id);
export const findUser = (id: string): User | undefined => USERS.find(each => each.id === id);
export const parentOf = (id: string): string | undefined => findOrganisation(id)?.parent;

export function ancestorsOf(id: string): readonly string[] {
  const parent = parentOf(id);
  return parent === undefined ? [] : [parent, ...ancestorsOf(parent)];
}
