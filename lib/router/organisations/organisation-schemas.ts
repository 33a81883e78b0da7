import { closed, constant, text, type Schema } from '../openapi/parts.js';

const URI = text('The path of this request.', { pattern: '^/.*/revoke$' });
const NO_LINKS: Schema = { type: 'array', maxItems: 0, description: 'Nothing is left to do.' };
const COUNT: Schema = { type: 'integer', minimum: 0 };
const MILLISECONDS: Schema = { type: 'number', minimum: 0, description: 'Milliseconds since 1970.' };
const DETAIL: Schema = { description: 'As the issuer reported it.' };

export const REVOKED_TOKENS = closed({
  uri: URI,
  data: closed({
    uri: URI,
    'revokedTokensCount?': {
      ...COUNT,
      description: 'How many live tokens were revoked. Absent where tokens are not tracked, or could not be counted.',
    },
    links: NO_LINKS,
  }),
});

const IS_DRY_RUN: Schema = { const: true, description: 'Nothing was revoked.' };

function links(resourceType: string, maxItems: number, minItems = maxItems): Schema {
  return {
    type: 'array',
    ...{ minItems, maxItems },
    description: 'What is left to do: POST there.',
    items: closed({ id: text('What it is done to.'), resourceType: constant(resourceType), uri: URI }),
  };
}

function groups(description: string): Schema {
  const items = closed({ 'id?': text('Absent for the tokens that name none.'), tokensToRevokeCount: { ...COUNT, minimum: 1 } });
  return { type: 'array', maxItems: 100, description: `${description}, the largest first.`, items };
}

/** In place of the above, of a dry run. */
export const TOKENS_TO_REVOKE = closed({
  uri: URI,
  data: closed({
    uri: URI,
    dryRun: IS_DRY_RUN,
    tokensToRevokeCount: { ...COUNT, description: 'How many live tracked tokens would be revoked.' },
    organisations: groups('Of these, by the organisation that they are for'),
    users: groups('By user'),
    clients: groups('By client'),
    notListed: { ...closed({ organisations: COUNT, users: COUNT, clients: COUNT }), description: 'Tokens in groups that are not listed.' },
    links: links('revoketokens', 1),
  }),
});

const TOKEN = {
  id: text('The `jti` of the token.'),
  uri: URI,
  tokenType: constant('BEARER'),
  'expiryTime?': MILLISECONDS,
  'createdTimestamp?': MILLISECONDS,
  'revokedTimestamp?': MILLISECONDS,
  'scopes?': { type: 'array', items: { type: 'string' } },
  'requestedOrganisation?': DETAIL,
  'requestingOrganisation?': DETAIL,
  'accessType?': { description: 'As the issuer reported it: CR, BN, BG, RT or NA.' },
  'requestingAccessType?': { description: 'As the issuer reported it: CR, BN, BG, RT or NA.' },
  'ipFiltering?': DETAIL,
  'mtlsFilter?': DETAIL,
  'parentId?': DETAIL,
  'resourceId?': DETAIL,
};

export const REVOKED_TOKEN = closed({ uri: URI, data: closed({ ...TOKEN, status: constant('REVOKED'), links: NO_LINKS }) });

/** In place of the above, of a dry run. */
export const TOKEN_TO_REVOKE = closed({
  uri: URI,
  data: closed({
    ...TOKEN,
    status: text('As it is now.', { enum: ['ACTIVE', 'REVOKED'] }),
    dryRun: IS_DRY_RUN,
    tokensToRevokeCount: { ...COUNT, maximum: 1, description: '0 where it was revoked before.' },
    links: links('revoketoken', 1, 0),
  }),
});

const LIST_URI = text('The path of this request.', { pattern: '^/(.*/)?revocations$' });

const REVOCATION = closed({
  id: text('Names the entry.'),
  revokedTimestamp: MILLISECONDS,
  kind: text('What was revoked.', { enum: ['token', 'member', 'organisation'] }),
  target: text('The same in words. Without the id of a token.'),
  'issuedUntilTimestamp?': { ...MILLISECONDS, description: 'What was issued up to then is revoked, milliseconds since 1970. Absent for a token, which is dead for good.' },
  'actor?': text('Who revoked.'),
  'reason?': text('Why.'),
  'requestId?': text('The `X-Request-Id` of the request.'),
});

export const REVOCATION_LIST = closed({
  uri: LIST_URI,
  data: closed({
    uri: LIST_URI,
    revocations: { type: 'array', maxItems: 1000, items: REVOCATION },
    'cursor?': text('There may be more: ask again with it. A page can be short, or empty, and have one.'),
  }),
});
