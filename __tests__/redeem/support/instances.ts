import { randomUUID } from 'node:crypto';
import type { LiveTokens } from 'livetoken';
import { openReplica } from '../../remembered/support/open-replica.js';
import { openDirectStore, openMemoryStore } from '../../support/every-store.js';
import { liveTokens } from '../../support/guarded-api.js';
import { issuer } from './login.js';

/** Instances of one system, ended together. */
export interface Instances {
  readonly all: readonly LiveTokens[];
  close(): Promise<void>;
}

async function instances(opening: readonly Promise<{ readonly store: Parameters<typeof liveTokens>[0] }>[]): Promise<Instances> {
  const opened = await Promise.all(opening);
  const all = opened.map(({ store }) => liveTokens(store, issuer));
  return {
    all,
    close: async () => {
      for (const live of all) await live.close();
    },
  };
}

/** For `describe.each`: whoever redeems and whoever revokes may be two. */
export const EVERY_SYSTEM: readonly { readonly name: string; readonly open: () => Promise<Instances> }[] = [
  {
    name: 'two on one memory store',
    open: async () => {
      const { store } = await openMemoryStore();
      return instances([Promise.resolve({ store }), Promise.resolve({ store })]);
    },
  },
  {
    name: 'two that ask Redis',
    open: () => {
      const namespace = randomUUID();
      return instances([openDirectStore(namespace), openDirectStore(namespace)]);
    },
  },
  {
    name: 'two with copies of what Redis has',
    open: () => {
      const namespace = randomUUID();
      return instances([openReplica(namespace), openReplica(namespace)]);
    },
  },
];
