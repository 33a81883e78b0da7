import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { USERS, type User } from '../seed.js';

interface PasswordHash {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const HASH_BYTES = 32;

const derive = promisify<string, Buffer, number, Buffer>(scrypt);

async function hashOf(password: string): Promise<PasswordHash> {
  const salt = randomBytes(16);
  return { salt, hash: await derive(password, salt, HASH_BYTES) };
}

/** Says whether this is the user's password. Takes as long for a user who does not exist. */
export type ProvesPassword = (user: User | undefined, password: string) => Promise<boolean>;

export function passwordCheck(): ProvesPassword {
  const hashes = new Map(USERS.map(({ id, password }) => [id, hashOf(password)]));
  const nobody = hashOf(randomBytes(32).toString('hex'));
  return async function provesPassword(user, password) {
    const { salt, hash } = await (hashes.get(user?.id ?? '') ?? nobody);
    const matches = timingSafeEqual(hash, await derive(password, salt, HASH_BYTES));
    return matches && user !== undefined;
  };
}
