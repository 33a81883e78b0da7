import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** How the holder of an id proves itself. */
export interface SecretHolder {
  /** The shared secret, or several while it is being rotated. */
  readonly secret?: string | readonly string[];
  /** For secrets that are kept hashed (argon2, bcrypt...): says whether this is the right one. */
  readonly verifySecret?: (presented: string) => boolean | Promise<boolean>;
}

/** Digests under a key of this process have one length and say nothing about how much of a guess was right. */
const KEY = randomBytes(32);

function digest(secret: string): Buffer {
  return createHmac('sha256', KEY).update(secret).digest();
}

const NOBODY = digest(randomBytes(32).toString('hex'));

/** True when `presented` is the holder's secret. Takes the same path, and the same time, for a holder who does not exist. */
export async function provesSecret(presented: string, holder: SecretHolder | undefined): Promise<boolean> {
  const given = digest(presented);
  if (holder?.verifySecret !== undefined) return holder.verifySecret(presented);
  const secrets = holder?.secret === undefined ? [] : typeof holder.secret === 'string' ? [holder.secret] : holder.secret;
  let proved = false;
  for (const secret of secrets) if (timingSafeEqual(given, digest(secret)) && secret !== '') proved = true;
  if (secrets.length === 0) timingSafeEqual(given, NOBODY);
  return proved;
}
