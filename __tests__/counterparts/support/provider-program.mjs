// node-oidc-provider, an authorization server written by others, as a program of its own: a real issuer is another process, may be
// away, and comes back with other keys. It issues JWT access tokens (RFC 9068) for one API.
//
// argv: JSON { port, kid, client: { id, secret, redirectUri }, audience, scope }   stdout: its issuer, once it listens
// It ends with its stdin, and so with whoever started it.

import { createHash, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import Provider from 'oidc-provider';

const { port, kid, client, audience, scope } = JSON.parse(process.argv[2]);

process.stdin.resume().on('end', () => process.exit());

const server = createServer();
server.listen(port, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration());
  const answer = provider.callback();
  server.on('request', (req, res) => (req.url === '/look-up' ? lookUp(provider, req, res) : answer(req, res)));
  process.stdout.write(`${issuer}\n`);
});

/** What its refresh tokens stand for, for those who may know. Their `jti` is the token itself, so it is hashed. */
async function lookUp(provider, req, res) {
  const found = await provider.RefreshToken.find(await text(req));
  res.writeHead(200, { 'Content-Type': 'application/json' }).end(found && JSON.stringify(claimsOf(found)));
}

function claimsOf({ jti, iat, exp, accountId, clientId, grantId, sessionUid }) {
  const id = createHash('sha256').update(jti).digest('base64url');
  return { jti: id, iat, exp, sub: accountId, client_id: clientId, grant_id: grantId, sid: sessionUid };
}

function configuration() {
  return {
    jwks: { keys: [signingKey()] },
    clients: [registration()],
    scopes: ['openid', 'offline_access', scope],
    cookies: { keys: ['a key for the cookies of these tests'] },
    ttl: { AccessToken: 600, ClientCredentials: 600, Grant: 3600, IdToken: 600, Interaction: 600, RefreshToken: 3600, Session: 3600 },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({ scope, audience, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }),
      },
    },
    // What the access tokens need to be revocable together: neither stands in them otherwise.
    extraTokenClaims: (_context, token) => ({ grant_id: token.grantId, sid: token.sessionUid }),
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  };
}

function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' };
}

function registration() {
  return {
    client_id: client.id,
    client_secret: client.secret,
    redirect_uris: [client.redirectUri],
    grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
    response_types: ['code'],
  };
}
