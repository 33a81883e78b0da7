import { OPERATOR } from './seed.js';

/** Where to look, and lines to copy and paste into a shell, in this order. */
export function whatToTry(url: string, isFleet: boolean): string {
  const curl = `curl -s -w ' -> HTTP %{http_code}\\n'`;
  const oauth = `${url}/oauth2/default/v1`;
  const login = `curl -s -u web:web-secret -d 'grant_type=password&username=alice&password=alice-password' ${oauth}/token`;
  return `
Console: ${url}/console (sign in as ${OPERATOR.id}, with the password ${OPERATOR.password})
${isFleet ? 'Ctrl-C ends all of it.' : 'With several instances on a Redis that can be switched off: npm run demo:fleet'}

Try, in another terminal:

  # alice signs in
  TOKEN=$(${login} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')

  # her token opens the API
  ${curl} -H "Authorization: Bearer $TOKEN" ${url}/api/orders

  # so it does a stream of events, which goes on in the background and ends by itself when the token is revoked
  curl -sN -H "Authorization: Bearer $TOKEN" ${url}/api/stream &

  # revoke it; then ask for the orders again, and it is refused
  ${curl} -u web:web-secret -d "token=$TOKEN" ${oauth}/revoke

  # what a resource server learns about it
  ${curl} -u api:api-secret -d "token=$TOKEN" ${oauth}/introspect

  # the partner revokes all tokens of its merchant, and learns how many there were
  ${curl} -u partner-key:partner-secret -X POST ${url}/organisations/ybo8zd8j2q/tokens/revoke

  # the whole story, step by step
  BASE_URL=${url} npm run walkthrough
`;
}
