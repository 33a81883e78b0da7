import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { createLiveTokens, redisStore, type Claims, type LiveTokens, type LiveTokensOptions, type RedisStoreOptions } from 'livetoken';
import { createIssuer, type TestIssuer } from '../../support/issuer.js';
import { sharedRedisUrl } from '../../support/redis-url.js';

/** An application whose revocations the command is about: in a namespace of its own, with tokens that name an organisation. */
export interface Application {
  readonly namespace: string;
  /** For the command. */
  readonly env: { readonly LIVETOKEN_NAMESPACE: string; readonly LIVETOKEN_REDIS_URL: string };
  readonly issuer: TestIssuer;
  readonly live: LiveTokens;
  /** To look behind its back. */
  readonly redis: Redis;
  /** Issues a token and reports it. */
  issue(overrides?: Readonly<Record<string, unknown>>): Promise<{ readonly token: string; readonly claims: Claims }>;
  isLive(claims: Claims): Promise<boolean>;
  key(name: string): string;
  close(): Promise<void>;
}

export const MAX_LIFETIME_S = 86_400;

export async function startApplication(
  { url = sharedRedisUrl(), options = {}, store: storeOptions = {} }: { readonly url?: string; readonly options?: Partial<LiveTokensOptions>; readonly store?: RedisStoreOptions } = {},
): Promise<Application> {
  const namespace = randomUUID();
  const redis = new Redis(url);
  const issuer = createIssuer();
  const store = redisStore(redis, { namespace, replica: false, ...storeOptions });
  const live = createLiveTokens({ store, verify: issuer.verify, maxLifetime: MAX_LIFETIME_S, claims: { organisation: 'org' }, tracking: true, ...options });
  live.on('storeWarning', () => undefined);
  await live.ready();
  return {
    ...{ namespace, env: { LIVETOKEN_NAMESPACE: namespace, LIVETOKEN_REDIS_URL: url }, issuer, live, redis },
    async issue(overrides) {
      // A while ago: what is revoked in the very second of issue is refused as well.
      const iat = Math.floor(Date.now() / 1000) - 60;
      const claims = issuer.claims({ iat, exp: iat + 3600, ...overrides });
      await live.track(claims);
      return { token: issuer.sign(claims), claims };
    },
    isLive: async claims => (await live.check(claims, { consistency: 'strong' })).live,
    key: name => `{livetoken:${namespace}}:${name}`,
    async close() {
      await live.close();
      redis.disconnect();
    },
  };
}
