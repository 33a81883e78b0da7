import { targetKey } from '../model/target-key.js';
import { targetsOf, type TokenFacts } from '../model/token-facts.js';
import { refusingTarget } from '../model/verdict.js';
import type { Fault } from '../policy/token-check.js';
import { issuedToken } from '../policy/tracker.js';
import type { RevocationStore } from '../stores/store.js';
import { patiently } from './patience.js';

/** A token as the application reported it when it issued it. */
export interface Reported {
  readonly facts: TokenFacts;
  /** The revocation of whatever it names that refuses it. */
  readonly fault?: Fault;
}

/**
 * What the application knows of the token, which may be more than the claims show that somebody thought of here: further organisations,
 * or names that stand in claims of its own. `undefined` where it did not report the token.
 */
export async function reportedToken(facts: TokenFacts, store: RevocationStore): Promise<Reported | undefined> {
  const { tokenId, organisation } = facts;
  if (tokenId === undefined) return undefined;
  const key = targetKey({ kind: 'token', id: tokenId, ...(organisation !== undefined && { organisation }) });
  const [token] = await patiently(() => store.tracked([key]));
  if (token === undefined) return undefined;
  const { subject, session, grant, client, organisations } = issuedToken(token);
  const ids = { tokenId, organisation, subject, session, grant, client, organisations };
  const targets = targetsOf(ids);
  const judgedFromMs = Math.min(facts.judgedFromMs, token.issuedAtMs);
  const epochsMs = await patiently(() => store.epochs(targets.map(targetKey), 'strong'));
  const target = targets[refusingTarget(judgedFromMs, epochsMs)];
  const reported = { ...facts, ...ids, targets, judgedFromMs };
  return target === undefined ? { facts: reported } : { facts: reported, fault: { live: false, reason: 'revoked', message: 'The token was revoked.', target } };
}
