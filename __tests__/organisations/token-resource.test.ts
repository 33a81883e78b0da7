import { tokenResource, type IssuedToken } from 'livetoken';

const URI = '/tokens/j1/revoke';
const ISSUED: IssuedToken = {
  ...{ tokenId: 'j1', organisation: 'shop', organisations: ['shop', 'bank'], subject: 'alice', session: 's1', grant: 'g1', client: 'web' },
  ...{ scope: 'a b', issuedAt: 1_700_000_000_000, expiresAt: 1_700_000_600_000 },
};

describe('A token as the organisation endpoints show it', () => {
  it('I98 I99 is ACTIVE and can be revoked by its one link, until it was revoked', () => {
    expect(tokenResource(ISSUED, URI)).toEqual({
      ...{ id: 'j1', uri: URI, tokenType: 'BEARER', scopes: ['a', 'b'], requestedOrganisation: 'shop', status: 'ACTIVE' },
      ...{ createdTimestamp: 1_700_000_000_000, expiryTime: 1_700_000_600_000 },
      links: [{ id: 'j1', resourceType: 'revoketoken', uri: URI }],
    });
  });

  it('I99 is REVOKED, without links, once it was revoked', () => {
    const { status, links, revokedTimestamp } = tokenResource({ ...ISSUED, revokedAt: 1_700_000_300_000 }, URI);

    expect({ status, links, revokedTimestamp }).toEqual({ status: 'REVOKED', links: [], revokedTimestamp: 1_700_000_300_000 });
  });

  it('I99 stays ACTIVE after it has expired', () => {
    expect(tokenResource({ ...ISSUED, issuedAt: 0, expiresAt: 1 }, URI)).toMatchObject({ status: 'ACTIVE', links: [{ id: 'j1' }] });
  });

  it('I99 stays REVOKED after it has expired', () => {
    expect(tokenResource({ ...ISSUED, issuedAt: 0, expiresAt: 2, revokedAt: 1 }, URI)).toMatchObject({ status: 'REVOKED', links: [] });
  });

  it.each([
    ...['accessType', 'requestingAccessType', 'ipFiltering', 'mtlsFilter'],
    ...['requestedOrganisation', 'requestingOrganisation', 'parentId', 'resourceId'],
  ])('I98 takes %s from the details of its issuer', name => {
    expect(tokenResource({ ...ISSUED, details: { [name]: 'known' } }, URI)).toMatchObject({ [name]: 'known' });
    if (name !== 'requestedOrganisation') expect(tokenResource(ISSUED, URI)).not.toHaveProperty(name);
  });

  it.each([['CR'], ['BN'], ['BG'], ['RT'], ['NA']])('I98 passes the access type %s on', accessType => {
    expect(tokenResource({ ...ISSUED, details: { accessType, requestingAccessType: accessType } }, URI)).toMatchObject({
      accessType,
      requestingAccessType: accessType,
    });
  });

  it('I98 shows no other detail, and none in place of what the token itself says', () => {
    const details = { id: 'j2', uri: '/elsewhere', status: 'ACTIVE', tokenType: 'MAC', scopes: ['root'], expiryTime: 0, note: 'private', links: ['x'] };

    expect(tokenResource({ ...ISSUED, revokedAt: 5, details }, URI)).toEqual(tokenResource({ ...ISSUED, revokedAt: 5 }, URI));
  });

  it('I100 has no accessToken, whatever the details hold', () => {
    expect(tokenResource({ ...ISSUED, details: { accessToken: 'secret', token: 'secret' } }, URI)).not.toMatchObject({ accessToken: 'secret' });
    expect(JSON.stringify(tokenResource({ ...ISSUED, details: { accessToken: 'secret', token: 'secret' } }, URI))).not.toContain('secret');
  });

  it('I98 of an untracked token is no more than its id', () => {
    expect(tokenResource({ tokenId: 'j1' }, URI)).toEqual({
      ...{ id: 'j1', uri: URI, tokenType: 'BEARER', status: 'ACTIVE' },
      links: [{ id: 'j1', resourceType: 'revoketoken', uri: URI }],
    });
  });
});
