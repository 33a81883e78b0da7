export { createLiveTokens, type LiveTokens } from './live-tokens.js';
export { liveIssuers, type LiveIssuers } from './live-issuers.js';
export type { LiveAuth } from './policy/authenticator.js';
export type { Health } from './policy/store-reports.js';
export type { LiveState } from './policy/store-state.js';
export { claimsPresets } from './policy/claims-presets.js';
export { requireLiveToken, type GuardOptions } from './guard/require-live-token.js';
export { isRevoked, type DecodedToken } from './guard/is-revoked.js';
export type { LiveRequest } from './guard/live-request.js';
export type { TokenSources } from './guard/bearer-token.js';

export { revocationRouter, type RevocationRouterOptions } from './router/revocation-router.js';
export { openApiDocument, type OpenApiDocument, type OpenApiGroups, type OpenApiOptions } from './router/openapi/openapi-document.js';
export { oauthMetadata, oauthMetadataRouter, type OAuthMetadata, type OAuthMetadataOptions, type OAuthMetadataRouterOptions } from './router/oauth/oauth-metadata.js';
export type { OAuthOptions } from './router/oauth/oauth-options.js';
export type { IntrospectionAlgorithm, IntrospectionSigningKey } from './router/oauth/introspection-jwt.js';
export type { AuthMethod, FindClient, OAuthClient } from './router/oauth/registered-clients.js';
export type { AuthMethodOptions } from './router/oauth/auth-methods.js';
export type { AssertionAlgorithm, ClientAssertionKeys } from './router/oauth/client-assertion.js';
export type { FailedAttemptsOptions } from './router/oauth/failed-attempts.js';
export type { FailureCounter, FailureCounterSettings, MakeFailureCounter } from './router/oauth/failure-counter.js';
export type { ResolveOpaqueToken } from './router/oauth/presented-token.js';
export type { Introspector } from './router/oauth/introspect-endpoint.js';
export type { OrganisationOptions } from './router/organisations/organisation-routes.js';
export { tokenResource, type TokenResource } from './router/organisations/token-resource.js';
export type { SessionOptions } from './router/sessions/session-routes.js';
export { apiKeyCallers, type ApiKey, type FindApiKey } from './router/callers/api-key.js';
export { bearerCallers, type BearerCallersOptions } from './router/callers/bearer.js';
export { firstOf, type Authenticate, type Caller } from './router/callers/caller.js';
export type { AuthorityOptions } from './router/callers/authority.js';
export type { SecretHolder } from './router/callers/secrets.js';

export { memoryStore, type MemoryStoreOptions } from './stores/memory-store.js';
export { redisStore, type RedisStoreOptions, type RedisUnsafeOptions } from './stores/redis/redis-store.js';
export type { Acknowledge, ReplicaAcknowledgement } from './stores/redis/acknowledge-option.js';
export type { OnDataLoss } from './stores/redis/data-loss.js';
export { replicate, type Replica, type ReplicaOptions } from './stores/replica/replica.js';
export type { ReplicaFigures, ReplicaListener, ReplicaState } from './stores/replica/replica-state.js';
export type { LocalView, Lookup } from './stores/local-view.js';
export type { KnownRevocation } from './stores/replica/archive.js';
export type { Healing } from './stores/replica/healer.js';
export type { ResyncCause } from './stores/replica/log-tail.js';
export type { LogEntry, LogFollower, LogHead, LogReply } from './stores/log.js';
export type {
  AuditEntry,
  AuditNote,
  AuditQuery,
  Consistency,
  FollowableStore,
  Page,
  RecordedRevocation,
  ReplicaMonitor,
  RevocationStore,
  RevocationWrite,
  TrackedToken,
  Use,
} from './stores/store.js';
export type * from './stores/store-warning.js';

export { jwtVerifier, type Algorithm, type JwtVerifierOptions, type RemoteKeysOptions, type VerificationKey, type VerifyOptions, type VerifyToken } from './verifier/jwt-verifier.js';

export {
  ClosedError,
  InvalidTargetError,
  InvalidTokenError,
  LivetokenError,
  StoreFullError,
  StoreUnavailableError,
  type LivetokenErrorCode,
  type RefusalReason,
} from './errors.js';

export type { Claims } from './model/claims.js';
export type { Narrowing, Target, TargetKind } from './model/target.js';
export type { TargetKey } from './model/target-key.js';
export type { ClaimsMapping, ClaimSource, TokenFacts, UnsafeOptions } from './model/token-facts.js';
export type { AccessTokenRules, VerifiedToken } from './policy/access-token.js';
export type { RememberOptions } from './policy/remembered-tokens.js';
export type { Fault, Verdict } from './policy/token-check.js';
export type { TokenCredential, TokenJudge } from './policy/token-judge.js';
export type { Listener, LiveTokenEvents } from './policy/events.js';
export type { HistoryQuery } from './policy/history.js';
export type { LiveTokensOptions } from './policy/options.js';
export type { Preview, PreviewGroup, PreviewOptions } from './policy/preview.js';
export type { RedeemOptions, Redemption } from './policy/redeemer.js';
export type { Receipt, Revocable, RevokeOptions } from './policy/revocation-request.js';
export type { JoseHeader, TokenUse } from './policy/token-use.js';
export type { IssuedToken } from './policy/tracker.js';
export type { Closable, WatchOptions } from './policy/watcher.js';
