import { createLiveTokens, memoryStore, revocationRouter, type LiveTokens, type RevocationRouterOptions } from 'livetoken';
import { liveTokens } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';

const live = liveTokens(memoryStore(), createIssuer());
const singleTenant = liveTokens(memoryStore(), createIssuer(), { claims: {} });
const verifiesNothing = createLiveTokens({ store: memoryStore(), maxLifetime: 60, claims: { organisation: 'org' } });

const authenticate = async () => undefined;

describe('revocationRouter, given what it cannot use, throws and says what to write instead:', () => {
  it.each([
    ['no group', live, {}, /needs a group to serve: oauth, organisations or sessions/],
    ['no group but undefined ones', live, { sessions: undefined }, /needs a group to serve/],
    ['a misspelt group', live, { organizations: {}, sessions: {} }, /revocationRouter has no option organizations; its options are oauth, organisations, sessions/],
    ['an option of a group beside the groups', live, { sessions: {}, authenticate }, /revocationRouter has no option authenticate/],
    ['a misspelt option of organisations', live, { organisations: { mayManges: () => false } }, /organisations has no option mayManges; its options are authenticate, decodeOrganisationId, parentOf, mayManage/],
    ['a misspelt option of sessions', live, { sessions: { parentof: () => 'x' } }, /sessions has no option parentof; its options are authenticate, organisationsOfUser, parentOf, mayManage/],
    ['an option of the other group', live, { sessions: { decodeOrganisationId: () => 'x' } }, /sessions has no option decodeOrganisationId/],
    ['mayManage: true', live, { organisations: { mayManage: true } }, /organisations.mayManage is true; give a function, or leave it out/],
    ['a map for parentOf', live, { organisations: { parentOf: new Map() } }, /organisations.parentOf is an? object; give a function/],
    ['a string for decodeOrganisationId', live, { organisations: { decodeOrganisationId: 'base64' } }, /organisations.decodeOrganisationId is a string/],
    ['a list for organisationsOfUser', live, { sessions: { organisationsOfUser: ['shop'] } }, /sessions.organisationsOfUser is an array/],
    ['null for authenticate', live, { sessions: { authenticate: null } }, /sessions.authenticate is null/],
    ['API keys where authenticate belongs', live, { sessions: { authenticate: [] } }, /sessions.authenticate is an array/],
    ['organisations without a claim that names them', singleTenant, { organisations: {} }, /need createLiveTokens\({ claims: { organisation } }\)/],
    ['organisations, called by tokens that nothing verifies', verifiesNothing, { organisations: {} }, /give createLiveTokens a verify function, or authenticate in another way/],
    ['sessions, called by tokens that nothing verifies', verifiesNothing, { sessions: {} }, /give createLiveTokens a verify function, or authenticate in another way/],
    ['nothing', live, undefined, /./],
    ['a list', live, [], /./],
  ] as [string, LiveTokens, unknown, RegExp][])('I95 H89 %s', (_, given, options, message) => {
    const make = () => revocationRouter(given, options as RevocationRouterOptions);

    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });

  it.each([
    ['sessions with a single tenant', singleTenant, { sessions: {} }],
    ['organisations, with callers of the application\'s own, where nothing verifies tokens', verifiesNothing, { organisations: { authenticate } }],
    ['hooks that are undefined, as if they were left out', live, { sessions: { authenticate: undefined, parentOf: undefined, mayManage: undefined } }],
  ] as [string, LiveTokens, unknown][])('I95 H89 but takes %s', (_, given, options) => {
    expect(() => revocationRouter(given, options as RevocationRouterOptions)).not.toThrow();
  });
});
