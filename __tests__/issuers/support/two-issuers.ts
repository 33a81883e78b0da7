import { createLiveTokens, liveIssuers, memoryStore, requireLiveToken, type GuardOptions, type LiveIssuers, type LiveTokens, type LiveTokensOptions } from 'livetoken';
import type { Express } from 'express';
import { apiBehind } from '../../support/guarded-api.js';
import { namedIssuer, type NamedIssuer } from '../../support/named-issuer.js';

export interface Side {
  readonly issuer: NamedIssuer;
  readonly live: LiveTokens;
}

/** Two issuers whose tokens look alike but for `iss` and signature. */
export interface TwoIssuers {
  readonly a: Side;
  readonly b: Side;
  readonly issuers: LiveIssuers;
}

export const A = 'https://a.example';
export const B = 'https://b.example';

type Options = Partial<LiveTokensOptions>;

export function twoIssuers(ofA: Options = {}, ofB: Options = {}): TwoIssuers {
  const [a, b] = [side(A, ofA), side(B, ofB)];
  return { a, b, issuers: liveIssuers({ [A]: a.live, [B]: b.live }) };
}

function side(iss: string, options: Options): Side {
  const issuer = namedIssuer(iss);
  return { issuer, live: createLiveTokens({ store: memoryStore(), verify: issuer.verify, maxLifetime: 3600, claims: { organisation: 'org' }, ...options }) };
}

/** An API that takes the tokens of both, and says why it refuses one. */
export function apiOf(issuers: LiveIssuers | LiveTokens, options: GuardOptions = {}): Express {
  return apiBehind([requireLiveToken(issuers, { exposeReason: true, ...options })]);
}
