import type { Request, Response } from 'express';
import { DEFAULT_ALGORITHM, type Introspection, type IntrospectionSigner } from './introspection-jwt.js';
import type { OAuthClient } from './registered-clients.js';

/** The resource server that is told, which a signed introspection is addressed to. */
export type Recipient = Pick<OAuthClient, 'id' | 'introspectionSignedResponseAlg'>;

export const INTROSPECTION_JWT = 'application/token-introspection+jwt';

/**
 * Sends JSON, or a JWT to a known recipient that prefers one (RFC 9701 section 4). JSON stays what everybody gets who names
 * neither, or says that anything will do.
 *
 * @param recipient looked up only where a JWT is wanted
 */
export async function sendIntrospection(
  req: Request,
  res: Response,
  introspection: Introspection,
  recipient: () => Promise<Recipient | undefined>,
  signer: IntrospectionSigner | undefined,
): Promise<void> {
  if (signer === undefined) { res.json(introspection); return; }
  res.vary('Accept');
  const signed = prefersJwt(req) ? await signedFor(await recipient(), introspection, signer) : undefined;
  if (signed === undefined) res.json(introspection);
  // As bytes: Express would add a charset to the type of a string.
  else res.set('Content-Type', INTROSPECTION_JWT).send(Buffer.from(signed));
}

function prefersJwt(req: Request): boolean {
  return req.accepts(['application/json', INTROSPECTION_JWT]) === INTROSPECTION_JWT;
}

/** `undefined` where the recipient is unknown, or would get the default algorithm and there is no key for it. */
async function signedFor(recipient: Recipient | undefined, introspection: Introspection, signer: IntrospectionSigner): Promise<string | undefined> {
  if (recipient === undefined) return undefined;
  // A database may have null for what was not registered.
  const registered = recipient.introspectionSignedResponseAlg ?? undefined;
  if (registered === undefined && !signer.algorithms.includes(DEFAULT_ALGORITHM)) return undefined;
  return signer.sign(introspection, recipient.id, registered ?? DEFAULT_ALGORITHM);
}
