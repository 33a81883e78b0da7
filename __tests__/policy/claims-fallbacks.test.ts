import { claimsPresets, createLiveTokens, memoryStore, type Claims, type Target } from 'livetoken';

const iat = Math.floor(Date.now() / 1000);
const times = { iat, exp: iat + 600 };

/** Where a token lacks the claim that an issuer usually writes, the one that it writes instead. */
const FALLBACKS: readonly (readonly [issuer: keyof typeof claimsPresets, what: string, claims: Claims, target: Target])[] = [
  ['okta', 'uid, of a service', { jti: '1', sub: '0oa2', cid: '0oa2' }, { kind: 'subject', id: '0oa2' }],
  ['auth0', 'client_id, of the older profile', { jti: '1', sub: 'auth0|1', azp: 'app' }, { kind: 'client', id: 'app' }],
  ['keycloak', 'sid, of an older version', { jti: '1', sub: 'u', azp: 'web', session_state: 's' }, { kind: 'session', id: 's' }],
  ['keycloak', 'azp, of the lightweight kind', { jti: '1', sub: 'u', client_id: 'job' }, { kind: 'client', id: 'job' }],
  ['entra', 'oid, of an issuer told to leave it out', { uti: '1', sub: 'pairwise', azp: 'app', tid: 't' }, { kind: 'subject', id: 'pairwise' }],
  ['entra', 'azp, of version 1', { uti: '1', oid: 'o', appid: 'app', tid: 't' }, { kind: 'client', id: 'app' }],
];

describe('claimsPresets where a claim is missing', () => {
  it.each(FALLBACKS)('F78 %s without %s: the token is refused once %j is revoked, and by no other', async (issuer, _, claims, target) => {
    const live = createLiveTokens({ store: memoryStore(), maxLifetime: 3600, claims: claimsPresets[issuer] });
    const token = { ...claims, ...times };

    await live.revoke({ ...target, ...('id' in target && { id: `${target.id}x` }) });
    expect((await live.check(token)).live).toBe(true);

    await live.revoke(target);
    expect(await live.check(token)).toMatchObject({ live: false, reason: 'revoked', target });
  });
});
