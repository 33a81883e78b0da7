import { hash } from 'node:crypto';
import type { Target, TargetKind } from './target.js';

/**
 * The name of a target in a store: `<kind>:<22 characters of base64url>`, the first 132 bits of a SHA-256 over an injective
 * encoding. A hash, so that keys are short, of one alphabet, and tell nobody a jti.
 */
export type TargetKey = string & { readonly targetKey: unique symbol };

const HASH_LENGTH = 22;

/** The key of a target. `target` must have passed `assertTarget`: lone surrogates would collide. */
export function targetKey(target: Target): TargetKey {
  // The one-shot form: an object for each hash costs several times the hashing.
  const digest = hash('sha256', encodeTarget(target), 'base64url');
  return `${target.kind}:${digest.slice(0, HASH_LENGTH)}` as TargetKey;
}

/** What kind of target a key is of. */
export function kindOf(key: TargetKey): TargetKind {
  return key.slice(0, key.indexOf(':')) as TargetKind;
}

/**
 * Kind, narrowing, then each name with its length in UTF-16 units before it, `-` standing for a name that is absent: no two targets
 * share an encoding, whatever characters their names hold.
 */
export function encodeTarget(target: Target): string {
  const { id, organisation, client, sessionsOnly } = target as Readonly<Record<string, string | undefined>>;
  return `${target.kind}${sessionsOnly ? '+sessions' : ''}|${part(id)}${part(organisation)}${part(client)}`;
}

function part(name: string | undefined): string {
  return name === undefined ? '-' : `${name.length}:${name}`;
}
