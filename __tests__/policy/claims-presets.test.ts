import { claimsPresets, createLiveTokens, memoryStore, type Claims, type Target } from 'livetoken';

const iat = Math.floor(Date.now() / 1000);
const times = { iat, exp: iat + 600 };

/** Access tokens as each issuer documents them, and the targets by which they can be revoked. */
const ISSUERS: Readonly<Record<keyof typeof claimsPresets, readonly (readonly [what: string, claims: Claims, targets: readonly Target[]])[]>> = {
  okta: [
    [
      'of a user',
      { ver: 1, jti: 'AT.0mP4', iss: 'https://org.okta.com/oauth2/default', aud: 'api://default', sub: 'user@example.com', cid: '0oa1', uid: '00u1', scp: ['openid'] },
      [{ kind: 'token', id: 'AT.0mP4' }, { kind: 'subject', id: '00u1' }, { kind: 'client', id: '0oa1' }],
    ],
    ['of a service', { jti: 'AT.1', sub: '0oa2', cid: '0oa2', scp: ['read'] }, [{ kind: 'token', id: 'AT.1' }, { kind: 'client', id: '0oa2' }]],
  ],
  auth0: [
    [
      'of the RFC 9068 profile',
      { iss: 'https://t.auth0.com/', sub: 'auth0|1', aud: ['https://api'], client_id: 'app', jti: '73Wakr', scope: 'read', org_id: 'org_9' },
      [{ kind: 'token', id: '73Wakr' }, { kind: 'subject', id: 'auth0|1' }, { kind: 'client', id: 'app' }, { kind: 'organisation', id: 'org_9' }],
    ],
    ['outside organisations', { sub: 'auth0|1', azp: 'app', jti: 'x' }, [{ kind: 'token', id: 'x' }, { kind: 'client', id: 'app' }]],
  ],
  keycloak: [
    [
      'with a list of organisations',
      { jti: 'onrtac:1', sub: 'u', typ: 'Bearer', azp: 'web', sid: 's', scope: 'openid organization', organization: ['acme', 'other'] },
      [{ kind: 'token', id: 'onrtac:1' }, { kind: 'session', id: 's' }, { kind: 'client', id: 'web' }, { kind: 'organisation', id: 'other' }, { kind: 'member', id: 'u', organisation: 'acme' }],
    ],
    ['with organisations by alias', { jti: '2', sub: 'u', azp: 'web', organization: { acme: { id: '42' } } }, [{ kind: 'organisation', id: 'acme' }]],
    ['of an older version', { jti: '3', sub: 'u', azp: 'web', session_state: 'old' }, [{ kind: 'session', id: 'old' }]],
    ['of a service account', { jti: '4', sub: 'u', azp: 'job', client_id: 'job' }, [{ kind: 'client', id: 'job' }]],
  ],
  entra: [
    [
      'of version 2',
      { aud: 'api', iss: 'https://login.microsoftonline.com/t/v2.0', azp: 'app', oid: 'o', sub: 'pairwise', tid: 't', uti: 'U', scp: 'read', ver: '2.0' },
      [{ kind: 'token', id: 'U', organisation: 't' }, { kind: 'subject', id: 'o' }, { kind: 'client', id: 'app' }, { kind: 'organisation', id: 't' }],
    ],
    ['of version 1', { appid: 'app', oid: 'o', tid: 't', uti: 'V', ver: '1.0' }, [{ kind: 'client', id: 'app' }, { kind: 'member', id: 'o', organisation: 't' }]],
  ],
};

const cases = Object.entries(ISSUERS).flatMap(([issuer, tokens]) =>
  tokens.flatMap(([what, claims, targets]) => targets.map(target => ({ issuer: issuer as keyof typeof claimsPresets, what, claims, target }))),
);

describe('claimsPresets', () => {
  it.each(cases)('F77 $issuer: a token $what is refused once $target is revoked', async ({ issuer, claims, target }) => {
    const live = createLiveTokens({ store: memoryStore(), maxLifetime: 3600, claims: claimsPresets[issuer] });
    const token = { ...claims, ...times };
    expect((await live.check(token)).live).toBe(true);
    await live.revoke({ ...target, ...('id' in target && { id: `${target.id}x` }) });
    expect((await live.check(token)).live).toBe(true);
    await live.revoke(target);
    expect(await live.check(token)).toMatchObject({ live: false, reason: 'revoked', target });
  });

  it('F77 keep to the safe side: a token of Auth0 without jti, and one of Entra without a tenant, could not be revoked', async () => {
    const ofAuth0 = createLiveTokens({ store: memoryStore(), maxLifetime: 3600, claims: claimsPresets.auth0 });
    expect(await ofAuth0.check({ sub: 'auth0|1', azp: 'app', ...times })).toMatchObject({ live: false, reason: 'unrevocable' });
    const ofEntra = createLiveTokens({ store: memoryStore(), maxLifetime: 3600, claims: claimsPresets.entra });
    expect(await ofEntra.check({ oid: 'o', appid: 'app', uti: 'V', ...times })).toMatchObject({ live: false, reason: 'unrevocable' });
  });

  it('F77 cannot be changed from outside, and can be added to', () => {
    expect(Object.isFrozen(claimsPresets) && Object.values(claimsPresets).every(preset => Object.isFrozen(preset))).toBe(true);
    const live = createLiveTokens({ store: memoryStore(), maxLifetime: 3600, claims: { ...claimsPresets.okta, organisation: 'tenant' } });
    expect(live.facts({ jti: '1', uid: 'u', tenant: 't', ...times }).organisation).toBe('t');
  });
});
