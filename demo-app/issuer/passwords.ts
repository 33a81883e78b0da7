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

export function passwordCheck(users: readonly User[] = USERS): ProvesPassword {
  // Made at the first question, all at once: slow on purpose, and not everybody who starts the demo signs in.
  let made: Hashes | undefined;
  return async function provesPassword(user, password) {
    const { byUser, nobody } = (made ??= hashesOf(users));
    const { salt, hash } = await (byUser.get(user?.id ?? '') ?? nobody);
    const matches = timingSafeEqual(hash, await derive(password, salt, HASH_BYTES));
    return matches && user !== undefined;
  };
}

interface Hashes {
  readonly byUser: ReadonlyMap<string, Promise<PasswordHash>>;
  readonly nobody: Promise<PasswordHash>;
}

function hashesOf(users: readonly User[]): Hashes {
  return { byUser: new Map(users.map(({ id, password }) => [id, hashOf(password)])), nobody: hashOf(randomBytes(32).toString('hex')) };
}
