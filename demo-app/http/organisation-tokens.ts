import { Router, type Request, type RequestHandler, type Response } from 'express';
import { apiKeyCallers, tokenResource, type Caller, type LiveTokens } from 'livetoken';
import { ACCESS_LIFETIME_S, identityOf } from '../issuer/claims.js';
import type { Tokens } from '../issuer/tokens.js';
import { ancestorsOf, API_KEYS, findOrganisation, KEY_SCOPES, type Organisation } from '../seed.js';
import { HttpError, onlyMethods, organisationErrors } from './errors.js';
import { parseJson, readExpiresIn, readJson, readScopes } from './json-body.js';

export interface OrganisationTokensContext {
  readonly live: LiveTokens;
  readonly tokens: Tokens;
}

/**
 * POST /tokens and POST /organisations/{encodedOrganisationId}/tokens: tokens for an organisation, by API key. By API key only:
 * a token that could have tokens issued would live on in them after it was revoked.
 */
export function organisationTokens(context: OrganisationTokensContext): Router {
  const router = Router();
  const issue: RequestHandler = (req, res) => issueToken(req, res, context);
  for (const path of ['/tokens', '/organisations/:encodedOrganisationId/tokens']) {
    router.route(path).post(authenticated, authorised, ...parseJson, issue).all(onlyMethods('POST'));
  }
  router.use(organisationErrors);
  return router;
}

/** The organisation that asks, with what its key may do, and the one that the token is for. */
interface Party {
  readonly key: string;
  readonly level: 'partner' | 'merchant';
  readonly requesting: Organisation;
  readonly requested: Organisation;
}

const partyOf = (res: Response): Party => res.locals['party'] as Party;

const authenticate = apiKeyCallers(API_KEYS);

const authenticated: RequestHandler = async (req, res, next) => {
  const caller = await authenticate(req);
  const own = typeof caller === 'object' ? findOrganisation(caller.organisation ?? '') : undefined;
  if (typeof caller !== 'object' || own === undefined) {
    const headers = { 'WWW-Authenticate': 'Basic realm="organisations", charset="UTF-8"' };
    throw new HttpError(401, 'unauthorized', 'Authenticate with an API key (HTTP Basic)', { headers });
  }
  res.locals['party'] = { key: keyOf(caller), level: levelOf(caller), requesting: own, requested: own } satisfies Party;
  next();
};

/** An actor reads `key merchant-key`. */
const keyOf = ({ actor }: Caller): string => actor.replace(/^key /, '');
const levelOf = ({ level }: Caller): Party['level'] => (level === 'partner' ? 'partner' : 'merchant');

/** The path's organisation, where there is one: for a partner only, and only itself and what is below it. */
const authorised: RequestHandler = (req, res, next) => {
  const id = req.params['encodedOrganisationId'];
  const party = partyOf(res);
  if (id !== undefined) {
    if (party.level !== 'partner') throw forbidden();
    const requested = typeof id === 'string' ? findOrganisation(id) : undefined;
    if (requested === undefined) {
      throw new HttpError(404, 'not_found', 'There is no such organisation', { field: 'encodedOrganisationId' });
    }
    if (![requested.id, ...ancestorsOf(requested.id)].includes(party.requesting.id)) throw forbidden();
    res.locals['party'] = { ...party, requested } satisfies Party;
  }
  next();
};

function forbidden(field = 'encodedOrganisationId'): HttpError {
  return new HttpError(403, 'forbidden', 'The API key may not do this', { field });
}

async function issueToken(req: Request, res: Response, { live, tokens }: OrganisationTokensContext): Promise<void> {
  const { key, level, requesting, requested } = partyOf(res);
  const body = readJson(req, 'scopes', 'expiresIn');
  const scopes = readScopes(body.scopes, KEY_SCOPES.partner);
  const lifetimeS = readExpiresIn(body.expiresIn, ACCESS_LIFETIME_S);
  if (!scopes.every(scope => KEY_SCOPES[level].includes(scope))) throw forbidden('scopes');

  const identity = identityOf({ subject: key, client: key, organisation: requested.id, requestedBy: requesting.id, scopes });
  const details = {
    ...{ accessType: requested.accessType, requestingAccessType: requesting.accessType },
    ...{ requestedOrganisation: requested.id, requestingOrganisation: requesting.id },
    ...{ ipFiltering: false, mtlsFilter: false },
  };
  const { token, claims } = await tokens.access(identity, await tokens.issueTime(identity), { lifetimeS, details });

  const tokenId = String(claims['jti']);
  const issued = (await live.find(tokenId, requested.id)) ?? { tokenId };
  const resource = { ...tokenResource(issued, `${req.path.replace(/\/$/, '')}/${tokenId}/revoke`), accessToken: token };
  // In the envelope of the revoking endpoints, and flat, which is easier to script against.
  res.status(201).json({ ...resource, data: resource });
}
