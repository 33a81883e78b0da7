import { LiveTokens } from '../live-tokens.js';
import type { ClaimSource } from '../model/token-facts.js';
import type { ConnectOptions } from './connect.js';

/** By what a token was judged where no config file says how tokens look: what it names in another way was not looked at. */
export interface JudgedBy {
  /** Names of the claims that were looked at. */
  readonly claims: readonly string[];
  /** Whether also by what the application reported of the token. Absent where its claims were enough to refuse it. */
  readonly isReported?: boolean;
}

/** Of those that say whose a token is. */
export function idClaims(live: LiveTokens): readonly string[] {
  const { tokenId, subject, session, grant, client, organisation, organisations } = LiveTokens.configurationOf(live)?.claims ?? {};
  return [tokenId, subject, session, grant, client, organisation, organisations].flatMap(namesOf);
}

/** The one function among the defaults is that of the client. */
function namesOf(source: ClaimSource | undefined): readonly string[] {
  if (source === undefined) return [];
  return typeof source === 'string' ? [source] : ['client_id', 'azp'];
}

export function noRevocation(judgedBy: JudgedBy | undefined, { organisationsClaim }: ConnectOptions): string {
  if (judgedBy === undefined) return 'No revocation refuses it.';
  const names = judgedBy.claims.join(', ');
  if (judgedBy.isReported === true) return `No revocation refuses it: neither by its claims ${names}, nor by what the application reported of it.`;
  const add = organisationsClaim === undefined ? 'if it names further organisations, add --organisations-claim <claim>; ' : '';
  return (
    `No revocation refuses it by its claims ${names}. No other claim was looked at, and the application did not report this token: ` +
    `${add}if tokens look different here, use --config.`
  );
}
