import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** How the holder of an id proves itself. */
export interface SecretHolder {
  /** The shared secret, or several while it is being rotated. Default: none. */
  readonly secret?: string | readonly string[];
  /** For secrets that are kept hashed (argon2, bcrypt...): says whether this is the right one. Default: `secret` is compared. */
  readonly verifySecret?: (presented: string) => boolean | Promise<boolean>;
}

/** Digests under a key of this process have one length and say nothing about how much of a guess was right. */
const KEY = randomBytes(32);

function digest(secret: string): Buffer {
  return createHmac('sha256', KEY).update(secret).digest();
}

const NOBODY = digest(randomBytes(32).toString('hex'));

/**
 * True when `presented` is the holder's secret. A holder who does not exist takes the same path and time as one whose secret is
 * kept here; `verifySecret` takes the time that it takes.
 */
export async function provesSecret(presented: string, holder: SecretHolder | undefined): Promise<boolean> {
  const given = digest(presented);
  // Not `undefined` only: what a database has no value for is often null.
  if (typeof holder?.verifySecret === 'function') {
    const verdict: unknown = await holder.verifySecret(presented);
    return verdict === true;
  }
  const secrets = [holder?.secret ?? []].flat();
  let proved = false;
  for (const secret of secrets) if (timingSafeEqual(given, digest(secret)) && secret !== '') proved = true;
  if (secrets.length === 0) timingSafeEqual(given, NOBODY);
  return proved;
}
