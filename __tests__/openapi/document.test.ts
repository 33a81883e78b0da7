import { Validator } from '@seriousme/openapi-schema-validator';
import { createLiveTokens, memoryStore, openApiDocument, revocationRouter, type OpenApiGroups, type OpenApiOptions, type RevocationRouterOptions } from 'livetoken';
import { Contract } from '../support/contract.js';
import { createIssuer } from '../support/issuer.js';
import { AS, SIGNING } from '../support/signing-app.js';

const oauth = { clients: [{ id: 'web', secret: 'web-secret' }], issuer: AS };
const authenticate = async () => undefined;
const metadata = { oauth, endpointBase: 'https://api.example/auth' };

const OAUTH = ['/revoke', '/introspect'];
const SESSIONS = ['/sessions/{sessionId}', '/users/{userId}/sessions', '/users/{userId}/clients/{clientId}/tokens'];
const ORGANISATIONS = [
  '/organisations/{encodedOrganisationId}/tokens/revoke',
  '/organisations/{encodedOrganisationId}/tokens/{tokenId}/revoke',
  '/organisations/{encodedOrganisationId}/users/{userId}/tokens/revoke',
  '/tokens/revoke',
  '/tokens/{tokenId}/revoke',
  '/organisations/{encodedOrganisationId}/revocations',
  '/revocations',
];
const WELL_KNOWN = '/.well-known/oauth-authorization-server/tenant';

const CASES: readonly (readonly [string, OpenApiGroups, OpenApiOptions, readonly string[]])[] = [
  ['OAuth alone', { oauth: { clients: [] } }, {}, OAUTH],
  ['OAuth with everything', { oauth: { ...oauth, introspectionScope: 'a b', introspectionSigning: SIGNING, corsOrigins: ['https://app.example'] } }, {}, OAUTH],
  ['OAuth with one method and no limit', { oauth: { ...oauth, authMethods: ['client_secret_basic'], failedAttempts: false } }, {}, OAUTH],
  ['organisations alone', { organisations: {} }, {}, ORGANISATIONS],
  ['organisations with callers of their own', { organisations: { authenticate } }, {}, ORGANISATIONS],
  ['sessions alone', { sessions: {} }, {}, SESSIONS],
  ['the metadata alone', { metadata }, {}, [WELL_KNOWN]],
  ['the document alone', {}, { path: '/openapi.json' }, ['/openapi.json']],
  ['everything', { oauth, organisations: {}, sessions: {}, metadata }, { path: '/docs/api.json' }, [...OAUTH, ...ORGANISATIONS, ...SESSIONS, WELL_KNOWN, '/docs/api.json']],
];

describe.each(CASES)('The OpenAPI document of %s', (_, groups, options, paths) => {
  const document = openApiDocument(groups, options);

  it('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(document.openapi).toMatch(/^3\.1\./);
  });

  it('describes these paths, and no other', () => {
    expect(Object.keys(document.paths).sort()).toEqual([...paths].sort());
  });

  it('holds schemas that are schemas', () => {
    expect(() => { Contract.of(document).compileAll(); }).not.toThrow();
  });

  it('names whatever it refers to, and nothing else', () => {
    const text = JSON.stringify(document);
    const referred = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
    expect([...new Set(referred)].sort()).toEqual(Object.keys(document.components.schemas).sort());
    const operations = Object.values(document.paths).flatMap(item => Object.values(item).filter(each => 'operationId' in each));
    const schemes = operations.flatMap(({ security }) => security).flatMap(each => Object.keys(each));
    expect([...new Set(schemes)].sort()).toEqual(Object.keys(document.components.securitySchemes).sort());
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    for (const { tags } of operations) expect(document.tags.map(({ name }) => name)).toContain(tags[0]);
  });

  it('describes every parameter of every path', () => {
    for (const [path, item] of Object.entries(document.paths)) {
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { parameters = [] } of [item.get, item.head, item.post, item.delete].filter(each => each !== undefined)) {
        expect(parameters.filter(each => each.in === 'path').map(({ name, required }) => [name, required])).toEqual(wanted.map(name => [name, true]));
      }
    }
  });
});

describe('The OpenAPI document', () => {
  it.each([
    ['a misspelt group', { organizations: {} }, {}, /openApiDocument has no option organizations/],
    ['a path without a slash', {}, { path: 'openapi.json' }, /openapi.path is a string; give a path such as \/openapi.json/],
    ['a path that is a pattern', {}, { path: '/:any' }, /openapi.path is a string/],
    ['a misspelt option', {}, { url: '/' }, /openapi has no option url; its options are path, serverUrl/],
    ['an empty URL', {}, { serverUrl: '' }, /openapi.serverUrl is an empty string/],
    ['metadata without an issuer', { metadata: { oauth: { clients: [] }, endpointBase: 'https://api.example' } }, {}, /needs oauth.issuer/],
  ])('is not made of %s', (_, groups, options, message) => {
    expect(() => openApiDocument(groups as OpenApiGroups, options as OpenApiOptions)).toThrow(message);
  });

  it('holds nothing of what the groups are given: no secret, client or key', () => {
    const text = JSON.stringify(openApiDocument({ oauth: { ...oauth, introspectionSigning: SIGNING }, metadata }));
    for (const word of ['web-secret', 'rsa-1', 'PRIVATE', 'api.example']) expect(text).not.toContain(word);
  });

  it('is not made for options that the router refuses', () => {
    const live = createLiveTokens({ store: memoryStore(), verify: createIssuer().verify, maxLifetime: 60 });
    const make = (openapi: unknown) => () => revocationRouter(live, { oauth, openapi } as RevocationRouterOptions);
    expect(make({ path: 7 })).toThrow(/openapi.path is 7/);
    expect(make('/openapi.json')).toThrow(/openapi takes an object of options/);
    expect(() => revocationRouter(live, { openapi: true })).toThrow(/needs a group to serve/);
  });
});
