import type { RedisStoreOptions } from 'livetoken';
import type { Measured, Mode, Said, Told } from './history.js';

/** Where an instance finds its Redis. */
export type RedisAddress =
  | { readonly kind: 'single'; readonly port: number; readonly username?: string; readonly password?: string }
  | { readonly kind: 'sentinel'; readonly name: string; readonly sentinels: readonly { readonly host: string; readonly port: number }[] }
  | { readonly kind: 'cluster'; readonly nodes: readonly { readonly host: string; readonly port: number }[] };

/** What `redisStore` is given beside the client and the mode; plain JSON. */
export type StoreSettings = Omit<RedisStoreOptions, 'replica' | 'namespace'> & { readonly maxStalenessMs?: number };

/** All that an instance is told when it starts. */
export interface InstanceSettings {
  readonly name: string;
  readonly mode: Mode;
  readonly redis: RedisAddress;
  readonly store: StoreSettings;
  readonly secret: string;
  readonly maxLifetimeS: number;
}

/** `stall`: keep the event loop busy. */
export type ToInstance =
  | { readonly to: 'start'; readonly settings: InstanceSettings }
  | { readonly to: 'stall'; readonly forMs: number };

export type FromInstance =
  | { readonly from: 'listening'; readonly port: number }
  | { readonly from: 'ready' }
  | { readonly from: 'event'; readonly event: Told | Measured | Said };

/** All instances of all runs: nothing else is in these servers. */
export const NAMESPACE = 'faults';

/** Of the key with which everything may be revoked, and of the OAuth client whose tokens are revoked by RFC 7009. */
export const OPERATOR = { id: 'operator', secret: 'operator-secret', organisation: 'organisation-0' } as const;
export const clientSecret = (client: string): string => `secret of ${client}`;

/** Of an answer to a revocation: the epoch, `final` or milliseconds since 1970. Several, in the order of the targets. */
export const EPOCH_HEADER = 'x-epochs';
