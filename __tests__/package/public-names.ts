// What others write into their programs. A name that is added here is a promise, and one that is taken away breaks somebody's program.

/** Of `livetoken`, as `import` and `require` give them. */
export const PUBLIC_VALUES: readonly string[] = [
  'ClosedError', 'InvalidTargetError', 'InvalidTokenError', 'LivetokenError', 'StoreFullError', 'StoreUnavailableError', 'apiKeyCallers',
  'bearerCallers', 'claimsPresets', 'createLiveTokens', 'firstOf', 'isRevoked', 'jwtVerifier', 'liveIssuers', 'memoryStore',
  'oauthMetadata', 'oauthMetadataRouter', 'openApiDocument', 'redisStore', 'replicate', 'requireLiveToken', 'revocationRouter',
  'tokenResource',
];

/** Types of the same. */
export const PUBLIC_TYPES: readonly string[] = [
  'AccessTokenRules', 'Acknowledge', 'Algorithm', 'ApiKey', 'AssertionAlgorithm', 'AuditEntry', 'AuditNote', 'AuditQuery', 'AuthMethod',
  'AuthMethodOptions', 'Authenticate', 'AuthorityOptions', 'BearerCallersOptions', 'Caller', 'ClaimSource', 'Claims', 'ClaimsMapping',
  'ClientAssertionKeys', 'Closable', 'Consistency', 'DecodedToken', 'FailedAttemptsOptions', 'FailureCounter', 'FailureCounterSettings',
  'Fault', 'FindApiKey', 'FindClient', 'FollowableStore', 'GuardOptions', 'Healing', 'Health', 'HistoryQuery', 'IntrospectionAlgorithm',
  'IntrospectionSigningKey', 'Introspector', 'IssuedToken', 'JoseHeader', 'JwtVerifierOptions', 'KnownRevocation', 'Listener', 'LiveAuth',
  'LiveIssuers', 'LiveRequest', 'LiveState', 'LiveTokenEvents', 'LiveTokens', 'LiveTokensOptions', 'LivetokenErrorCode', 'LocalView',
  'LogEntry', 'LogFollower', 'LogHead', 'LogReply', 'Lookup', 'MakeFailureCounter', 'MemoryStoreOptions', 'Narrowing', 'OAuthClient',
  'OAuthMetadata', 'OAuthMetadataOptions', 'OAuthMetadataRouterOptions', 'OAuthOptions', 'OnDataLoss', 'OpenApiDocument', 'OpenApiGroups',
  'OpenApiOptions', 'OrganisationOptions', 'Page', 'Preview', 'PreviewGroup', 'PreviewOptions', 'Receipt', 'RecordedRevocation',
  'RedeemOptions', 'Redemption', 'RedisStoreOptions', 'RedisUnsafeOptions', 'RefusalReason', 'RememberOptions', 'RemoteKeysOptions',
  'Replica', 'ReplicaAcknowledgement', 'ReplicaFigures', 'ReplicaListener', 'ReplicaMonitor', 'ReplicaOptions', 'ReplicaState',
  'ResolveOpaqueToken', 'ResyncCause', 'Revocable', 'RevocationRouterOptions', 'RevocationStore', 'RevocationWrite', 'RevokeOptions',
  'SecretHolder', 'ServerMonitor', 'SessionOptions', 'StoreWarning', 'StoreWarningCode', 'StoreWarningListener', 'Target', 'TargetKey',
  'TargetKind', 'TokenCredential', 'TokenFacts', 'TokenJudge', 'TokenResource', 'TokenSources', 'TokenUse', 'TrackedToken', 'UnsafeOptions',
  'Use', 'Verdict', 'VerificationKey', 'VerifiedToken', 'VerifyOptions', 'VerifyToken', 'WatchOptions',
];

/** Of `livetoken/opentelemetry`, types included. */
export const TELEMETRY_NAMES: readonly string[] = ['InstrumentOptions', 'instrument'];
