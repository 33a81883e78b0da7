import { createLiveTokens, memoryStore, revocationRouter, type OAuthOptions } from 'livetoken';
import { createIssuer } from '../support/issuer.js';
import { CLIENTS, closeOAuthApps, openOAuthApp } from '../support/oauth-app.js';

const { verify } = createIssuer();
const live = createLiveTokens({ store: memoryStore(), verify, maxLifetime: 3600 });
const clients = Object.values(CLIENTS);
const SECRET = 'canary-secret';

afterEach(closeOAuthApps);

/** What a program gets that says this, whatever its types say. */
function messageFor(options: unknown): string {
  try {
    revocationRouter(live, { oauth: options as OAuthOptions });
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as TypeError).message;
  }
  throw new Error('The options were taken.');
}

describe('options of the OAuth endpoints', () => {
  it.each([
    ['no options', null, 'an object'],
    ['no clients', {}, 'oauth.clients is undefined; give an array'],
    ['clients by id', { clients: { web: SECRET } }, 'oauth.clients is an object; give an array, or a function'],
    ['a client that is none', { clients: ['web'] }, 'oauth.clients[0] is a string; give an object such as'],
    ['a client that is nothing', { clients: [...clients, null] }, `oauth.clients[${clients.length}] is null`],
    ['a client without an id', { clients: [{ secret: SECRET }] }, 'oauth.clients[0].id is undefined; give the client_id'],
    ['a client with an empty id', { clients: [{ id: '', secret: SECRET }] }, 'oauth.clients[0].id is an empty string'],
    ['a client with an id that nobody can send', { clients: [{ id: 'web\n', secret: SECRET }] }, 'oauth.clients[0].id is a string'],
    ['a client with an id that is a number', { clients: [{ id: 7, secret: SECRET }] }, 'oauth.clients[0].id is 7'],
    ['two clients of one id', { clients: [{ id: 'web', secret: SECRET }, { id: 'web' }] }, 'oauth.clients has the same id twice'],
    ['an empty secret', { clients: [{ id: 'web', secret: '' }] }, 'oauth.clients[0].secret is an empty string; give a string that is not empty'],
    ['a secret that is null', { clients: [{ id: 'web', secret: null }] }, 'oauth.clients[0].secret is null'],
    ['a secret that is a number', { clients: [{ id: 'web', secret: 7 }] }, 'oauth.clients[0].secret is 7'],
    ['no secrets', { clients: [{ id: 'web', secret: [] }] }, 'oauth.clients[0].secret is an array; give'],
    ['an empty one among secrets', { clients: [{ id: 'web', secret: [SECRET, ''] }] }, 'oauth.clients[0].secret is an array; give'],
    ['a verifySecret that is none', { clients: [{ id: 'web', verifySecret: SECRET }] }, 'oauth.clients[0].verifySecret is a string; give a function'],
    ['a public client with a secret', { clients: [{ id: 'web', secret: SECRET, public: true }] }, 'oauth.clients[0] is public and has a secret; leave one of them out'],
    ['a client that is public by a word', { clients: [{ id: 'web', public: 'yes' }] }, 'oauth.clients[0].public is a string; give true or false'],
    ['a right by a number', { clients: [{ id: 'web', secret: SECRET, mayIntrospect: 1 }] }, 'oauth.clients[0].mayIntrospect is 1; give true or false'],
    ['a field named as in RFC 7591', { clients: [{ id: 'web', secret: SECRET, token_endpoint_auth_method: 'none' }] }, 'oauth.clients[0].token_endpoint_auth_method is not read here; write authMethod.'],
    ['no audience', { clients: [{ id: 'web', secret: SECRET, audience: [] }] }, 'oauth.clients[0].audience is an array; give'],
    ['a misspelt option', { clients, acceptDuplicateCredential: true }, 'oauth has no option acceptDuplicateCredential; its options are clients, '],
    ['a resolver that is none', { clients, resolveOpaqueToken: SECRET }, 'oauth.resolveOpaqueToken is a string; give a function'],
    ['another reach', { clients, refreshTokenRevokes: 'token' }, "oauth.refreshTokenRevokes is a string; give 'grant' or 'token_only'"],
    ['yet another reach', { clients, accessTokenRevokes: 'all' }, "oauth.accessTokenRevokes is a string; give 'token' or 'grant'"],
    ['an empty scope', { clients, introspectionScope: '' }, 'oauth.introspectionScope is an empty string; give scopes such as'],
    ['a scope that is none', { clients, introspectionScope: 7 }, 'oauth.introspectionScope is 7; give scopes such as'],
    ['a scope that would break a header', { clients, introspectionScope: 'a"b' }, 'oauth.introspectionScope is a string; give scopes such as'],
    ['members that are no function', { clients, introspectionMembers: {} }, 'oauth.introspectionMembers is an object; give a function'],
    ['duplicates by a word', { clients, acceptDuplicateCredentials: 'yes' }, 'oauth.acceptDuplicateCredentials is a string; give true or false'],
    ['any origin', { clients, corsOrigins: ['*'] }, 'oauth.corsOrigins is a string; give an array of exact origins'],
    ['one origin', { clients, corsOrigins: 'https://app.example' }, 'oauth.corsOrigins is a string; give an array of exact origins'],
    ['all origins', { clients, corsOrigins: true }, 'oauth.corsOrigins is true; give an array of exact origins'],
    ['an origin with a path', { clients, corsOrigins: ['https://app.example/'] }, 'oauth.corsOrigins is a string; give an array of exact origins'],
    ['an origin without a scheme', { clients, corsOrigins: ['app.example'] }, 'oauth.corsOrigins is a string; give an array of exact origins'],
    ['the origin null', { clients, corsOrigins: ['null'] }, 'oauth.corsOrigins is a string; give an array of exact origins'],
    ['a pattern', { clients, corsOrigins: [/example$/] }, 'oauth.corsOrigins is an object; give an array of exact origins'],
    ['no body', { clients, maxBodyBytes: 0 }, 'oauth.maxBodyBytes is 0; give a whole number of bytes from 1024 to 1048576'],
    ['a body without limit', { clients, maxBodyBytes: Infinity }, 'oauth.maxBodyBytes is Infinity; give a whole number of bytes'],
    ['a limit in words', { clients, maxBodyBytes: '16kb' }, 'oauth.maxBodyBytes is a string; give a whole number of bytes'],
    ['no parameters', { clients, maxParameters: 1 }, 'oauth.maxParameters is 1; give a whole number of parameters from 4 to 1000'],
    ['half a parameter', { clients, maxParameters: 8.5 }, 'oauth.maxParameters is 8.5; give a whole number of parameters'],
  ])('A17 B37 that are wrong are refused at once, with what to write instead and without a secret: %s', (_, options, expected) => {
    const message = messageFor(options);
    expect(message).toContain(expected);
    expect(message).not.toContain(SECRET);
  });

  it('need something that verifies tokens', () => {
    const blind = createLiveTokens({ store: memoryStore(), maxLifetime: 3600 });
    expect(() => revocationRouter(blind, { oauth: { clients } })).toThrow('give createLiveTokens a verify function');
  });

  it('may be as few as the clients', () => {
    expect(() => revocationRouter(live, { oauth: { clients: [] } })).not.toThrow();
  });

  it.each([
    ['answers at once', (id: string) => clients.find((client) => client.id === id)],
    ['answers later', async (id: string) => clients.find((client) => client.id === id)],
    ['answers null where there is none', ((id: string) => clients.find((client) => client.id === id) ?? null) as never],
    ['answers with null for what is not there', ((id: string) => ({ secret: null, verifySecret: null, ...clients.find((client) => client.id === id) })) as never],
  ])('take a function for the clients, which %s', async (_, find) => {
    const app = await openOAuthApp({ oauth: { clients: find } });
    const [own, publicOne] = [app.issuer.token(), app.issuer.token({ client_id: 'spa' })];
    expect((await app.revoke(CLIENTS.web, { token: own })).status).toBe(200);
    expect((await app.post('/revoke', { token: publicOne, client_id: 'spa' })).status).toBe(200);
    expect([await app.accepts(own), await app.accepts(publicOne)]).toEqual([false, false]);
    for (const id of ['nobody', 'spa']) expect((await app.revoke({ id, secret: SECRET }, { token: own })).status).toBe(401);
    expect((await app.post('/revoke', { token: own, client_id: 'nobody' })).status).toBe(401);
  });
});
