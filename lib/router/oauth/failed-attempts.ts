import { hash } from 'node:crypto';
import type { Request } from 'express';
import { inTime } from '../../in-time.js';
import { badOption, onlyKnown, wholeNumber } from '../../option-checks.js';
import { addressBlock } from './address-block.js';
import { InsuredCounter, type MakeFailureCounter } from './failure-counter.js';
import { OAuthError } from './oauth-error.js';
import { tooMany } from './turns.js';

/**
 * When a client that fails to authenticate has to wait. Failures are counted by the address that they come from (`req.ip`, so behind
 * a proxy set Express's `trust proxy`), hence nobody can lock a client out from elsewhere. Of an IPv6 address the first 56 bits count.
 */
export interface FailedAttemptsOptions {
  /**
   * Failures for one client_id from one address, 1 to 1,000,000. As many attempts at most are compared at once as may still fail; others
   * wait for their turn, which costs a client with the right secret nothing but that. Default 20.
   */
  readonly limit?: number;
  /** Failures for whatever client_ids from one address, 1 to 1,000,000. Default 5 times `limit`. */
  readonly limitPerAddress?: number;
  /** After how long they are forgotten, from the first one on: 1,000 to 86,400,000 milliseconds, in whole seconds. Default 60,000. */
  readonly windowMs?: number;
  /**
   * Makes what counts for all instances, with a limiter of rate-limiter-flexible:
   * `settings => new RateLimiterRedis({ storeClient: redis, ...settings })`. Called twice, at construction. Failures are counted in
   * this process as well, and by that alone while the limiter does not answer. Default: in this process only.
   */
  readonly limiter?: MakeFailureCounter;
}

/**
 * What the application does in an attempt, such as a look-up, may never end. Its place must not be lost for ever, or a few of those would
 * lock the client out.
 */
const ATTEMPT_LIMIT_MS = 30_000;

/** Lets clients wait that failed too often, before anything that they send is compared. */
export class FailedAttempts {
  readonly #ofClient: InsuredCounter;
  readonly #ofAddress: InsuredCounter;
  #hasWarned = false;

  constructor(ofClient: InsuredCounter, ofAddress: InsuredCounter) {
    this.#ofClient = ofClient;
    this.#ofAddress = ofAddress;
  }

  /**
   * Lets one more attempt be made, and counts it where it fails.
   *
   * @throws OAuthError 429 instead; whatever `attempt` throws
   */
  async guard<T>(req: Request, clientId: string, attempt: () => Promise<T>): Promise<T> {
    const address = addressBlock(req.ip);
    const [ofAddress, ofClient] = [keyOf(address), keyOf(address, clientId)];
    const waitMs = Math.max(...(await Promise.all([this.#ofAddress.waitMs(ofAddress), this.#ofClient.waitMs(ofClient)])));
    if (waitMs > 0) throw tooMany(waitMs);
    const counted = async (): Promise<T> => {
      try {
        return await attempt();
      } catch (error) {
        // Told only after it was counted: the next attempt of whoever waits for the answer knows of this one.
        if (error instanceof OAuthError && error.status === 401) await Promise.all([this.#ofAddress.count(ofAddress), this.#ofClient.count(ofClient)]);
        this.#warnOfProxy(req);
        throw error;
      }
    };
    // The client's turn comes first: whoever waits for it takes no place away from other clients of the address.
    return this.#ofClient.inTurn(ofClient, () => this.#ofAddress.inTurn(ofAddress, () => inTime(counted(), ATTEMPT_LIMIT_MS, tookTooLong)));
  }

  #warnOfProxy(req: Request): void {
    if (this.#hasWarned || req.headers['x-forwarded-for'] === undefined || isTrusting(req)) return;
    this.#hasWarned = true;
    const text = "Requests come through a proxy (X-Forwarded-For), and all seem to come from its address: set Express's 'trust proxy', or whoever fails to authenticate too often makes everybody wait (oauth.failedAttempts).";
    process.emitWarning(text, { code: 'LIVETOKEN_FAILED_ATTEMPTS' });
  }
}

function isTrusting(req: Request): boolean {
  const setting: unknown = req.app.get('trust proxy');
  return setting !== undefined && setting !== false;
}

/** Of one length, and nothing that was sent: it may go to a Redis. */
function keyOf(...names: readonly string[]): string {
  return hash('sha256', JSON.stringify(names), 'base64url').slice(0, 22);
}

/** As an outage: neither right nor wrong, and nothing is told of it later. Where it fails after all, that is counted. */
function tookTooLong(): OAuthError {
  return new OAuthError(503, 'temporarily_unavailable', 'The request could not be completed right now; repeat it');
}

const DAY_MS = 86_400_000;
const OFTEN = { min: 1, max: 1_000_000, unit: 'of failures' };

/** @throws TypeError for a bad option */
export function parseFailedAttempts(given: false | FailedAttemptsOptions = {}): FailedAttempts | undefined {
  if (given === false) return undefined;
  onlyKnown('oauth.failedAttempts', given, ['limit', 'limitPerAddress', 'windowMs', 'limiter']);
  const { limiter } = given;
  if (limiter !== undefined && typeof limiter !== 'function') {
    throw badOption('oauth.failedAttempts.limiter', limiter, 'a function: settings => new RateLimiterRedis({ storeClient, ...settings })');
  }
  const limit = wholeNumber('oauth.failedAttempts.limit', given.limit ?? 20, OFTEN);
  const limitPerAddress = wholeNumber('oauth.failedAttempts.limitPerAddress', given.limitPerAddress ?? Math.min(5 * limit, OFTEN.max), OFTEN);
  const windowMs = wholeNumber('oauth.failedAttempts.windowMs', given.windowMs ?? 60_000, { min: 1000, max: DAY_MS, unit: 'of milliseconds' });
  const duration = Math.ceil(windowMs / 1000);
  return new FailedAttempts(
    new InsuredCounter({ keyPrefix: 'livetoken:failed:client', points: limit, duration }, limiter),
    new InsuredCounter({ keyPrefix: 'livetoken:failed:address', points: limitPerAddress, duration }, limiter),
  );
}
