import type * as Livetoken from 'livetoken';
import type * as LocalRevocations from '../../lib/stores/replica/local-revocations.js';
import { ROOT } from './root.js';

// By the name `livetoken` the loader of TypeScript would find the sources. What is measured is the package as it is published.

export async function builtPackage(): Promise<typeof Livetoken> {
  return (await built('index.js')) as typeof Livetoken;
}

/** The replica's table, which the package does not export. */
export async function builtTable(): Promise<typeof LocalRevocations> {
  return (await built('stores/replica/local-revocations.js')) as typeof LocalRevocations;
}

async function built(file: string): Promise<unknown> {
  return import(new URL(`dist/esm/${file}`, ROOT).href);
}
