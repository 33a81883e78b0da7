import { bearerCallers, firstOf, apiKeyCallers, revocationRouter, type LiveTokens } from 'livetoken';
import type { Express } from 'express';
import { EVERY_STORE } from '../support/every-store.js';
import { API_KEYS, parentOf } from '../support/organisation-tree.js';
import { closeApps, openApp, type RevocationApp } from '../support/revocation-app.js';
import { CALLERS, CLIENTS, send } from './support/callers.js';
import { deadAfter, ENDPOINTS, NAMES, populate, type Endpoint, type Name, type Population } from './support/population.js';

/**
 * Who gets what. Everybody aims at one token of alice, who works for the shop, by its id, its session, its user, its client or its
 * organisation. The shop is a merchant of the bank, as the kiosk is, where alice works too; the stall is below the shop; the rival
 * is another group, and the outlet its merchant.
 *
 * A cell is the status, and the organisations in which the endpoint then kills what it is for (`ENDPOINTS` says what that is):
 * where none is named, nothing at all may have changed. T1 and T2 name no organisation, so there the caller's own is meant.
 */
const TABLE = `
caller                          | revoke   | introspect   | O1       | O2       | member   | T1         | T2         | session  | sessions       | everything     | client         | guarded
nobody                          | 401      | 401          | 401      | 401      | 401      | 401        | 401        | 401      | 401            | 401            | 401            | 401
client web, wrong secret        | 401      | 401          | 401      | 401      | 401      | 401        | 401        | 401      | 401            | 401            | 401            | 401
client web, no secret           | 401      | 401          | 401      | 401      | 401      | 401        | 401        | 401      | 401            | 401            | 401            | 401
partner, wrong secret           | 401      | 401          | 401      | 401      | 401      | 401        | 401        | 401      | 401            | 401            | 401            | 401
partner, merchant's secret      | 401      | 401          | 401      | 401      | 401      | 401        | 401        | 401      | 401            | 401            | 401            | 401
alice with her own token        | 401      | 403          | 403      | 403      | 403      | 403        | 403        | 204 shop | 204 anywhere   | 204 anywhere   | 204 anywhere   | 200
bob, a colleague                | 401      | 403          | 403      | 403      | 403      | 403        | 403        | 404      | 403            | 403            | 403            | 200
frank of the rival              | 401      | 403          | 403      | 403      | 403      | 403        | 403        | 404      | 403            | 403            | 403            | 200
client web, whose token it is   | 200 shop | 200 active   | 401      | 401      | 401      | 401        | 401        | 401      | 401            | 401            | 401            | 401
client mobile                   | 400      | 200 inactive | 401      | 401      | 401      | 401        | 401        | 401      | 401            | 401            | 401            | 401
public client spa               | 400      | 401          | 401      | 401      | 401      | 401        | 401        | 401      | 401            | 401            | 401            | 401
resource server                 | 400      | 200 active   | 401      | 401      | 401      | 401        | 401        | 401      | 401            | 401            | 401            | 401
resource server of another API  | 400      | 200 inactive | 401      | 401      | 401      | 401        | 401        | 401      | 401            | 401            | 401            | 401
bearer, scope introspect        | 401      | 200 active   | 403      | 403      | 403      | 403        | 403        | 404      | 403            | 403            | 403            | 200
merchant, API key               | 401      | 401          | 403      | 403      | 403      | 200 shop   | 200 shop   | 204 shop | 204 shop       | 204 shop       | 204 shop       | 401
other merchant, API key         | 401      | 401          | 403      | 403      | 403      | 200 outlet | 200 outlet | 404      | 404            | 404            | 404            | 401
merchant, bearer admin          | 401      | 403          | 403      | 403      | 403      | 200 shop   | 200 shop   | 204 shop | 204 shop       | 204 shop       | 204 shop       | 200
other merchant, bearer admin    | 401      | 403          | 403      | 403      | 403      | 200 kiosk  | 404        | 404      | 204 kiosk      | 204 kiosk      | 204 kiosk      | 200
parent, bearer admin            | 401      | 403          | 403      | 403      | 403      | 200 bank   | 404        | 204 shop | 204 shop+kiosk | 204 shop+kiosk | 204 shop+kiosk | 200
child, bearer admin             | 401      | 403          | 403      | 403      | 403      | 200 stall  | 404        | 404      | 404            | 404            | 404            | 200
partner, API key                | 401      | 401          | 200 shop | 200 shop | 200 shop | 200 bank   | 404        | 204 shop | 204 shop+kiosk | 204 shop+kiosk | 204 shop+kiosk | 401
partner of another group        | 401      | 401          | 403      | 403      | 403      | 200 rival  | 404        | 404      | 404            | 404            | 404            | 401
bearer bankadmin, bank          | 401      | 403          | 200 shop | 200 shop | 200 shop | 200 bank   | 404        | 204 shop | 204 shop+kiosk | 204 shop+kiosk | 204 shop+kiosk | 200
bearer bankadmin, shop          | 401      | 403          | 200 shop | 200 shop | 200 shop | 200 shop   | 200 shop   | 204 shop | 204 shop       | 204 shop       | 204 shop       | 200
bearer bankadmin, stall         | 401      | 403          | 403      | 403      | 403      | 200 stall  | 404        | 404      | 404            | 404            | 404            | 200
bearer bankadmin, rival         | 401      | 403          | 403      | 403      | 403      | 200 rival  | 404        | 404      | 404            | 404            | 404            | 200
bankadmin, token revoked        | 401      | 401          | 401      | 401      | 401      | 401        | 401        | 401      | 401            | 401            | 401            | 401
bankadmin, token expired        | 401      | 401          | 401      | 401      | 401      | 401        | 401        | 401      | 401            | 401            | 401            | 401
bankadmin, refresh token        | 401      | 401          | 401      | 401      | 401      | 401        | 401        | 401      | 401            | 401            | 401            | 401
bankadmin, ID token             | 401      | 401          | 401      | 401      | 401      | 401        | 401        | 401      | 401            | 401            | 401            | 401
bankadmin, token bound to a key | 401      | 401          | 401      | 401      | 401      | 401        | 401        | 401      | 401            | 401            | 401            | 401
bankadmin of a foreign issuer   | 401      | 401          | 401      | 401      | 401      | 401        | 401        | 401      | 401            | 401            | 401            | 401
`;

interface Cell {
  readonly who: string;
  readonly endpoint: Endpoint;
  readonly cell: string;
}

const [HEADINGS = [], ...ROWS] = TABLE.trim().split('\n').map(line => line.split('|').map(text => text.trim()));

const CELLS: readonly Cell[] = ROWS.flatMap(([who = '', ...cells]) =>
  cells.map((cell, column) => ({ who, endpoint: HEADINGS[column + 1] as Endpoint, cell })),
);

function mountAll(app: Express, live: LiveTokens): void {
  const authenticate = firstOf(apiKeyCallers(API_KEYS), bearerCallers(live));
  const shared = { authenticate, parentOf };
  app.use(revocationRouter(live, { oauth: { clients: CLIENTS, introspectionScope: 'introspect' }, organisations: shared, sessions: shared }));
}

/** The victim as the guard sees it, the others as the store does. */
async function deadOf(app: RevocationApp, population: Population): Promise<readonly Name[]> {
  const dead: Name[] = (await app.isLive(population.victim)) ? [] : ['victim'];
  for (const name of NAMES.filter(each => each !== 'victim')) {
    const { live } = await app.live.check(population[name].claims, { consistency: 'strong' });
    if (!live) dead.push(name);
  }
  return dead;
}

afterEach(closeApps);

it('every caller meets every endpoint in the table, and nobody else is in it', () => {
  expect(ROWS.map(([who]) => who)).toEqual(Object.keys(CALLERS));
  expect([...HEADINGS].slice(1).sort()).toEqual(Object.keys(ENDPOINTS).sort());
  expect(ROWS.every(row => row.length === HEADINGS.length)).toBe(true);
});

describe.each(EVERY_STORE)('Who gets what, on the $name store', ({ open }) => {
  it.each(CELLS)('A08 B28 C38 F70 H89 I95 I102 $who at $endpoint: $cell', async ({ who, endpoint, cell }) => {
    const app = await openApp({ open, mount: mountAll });
    const population = await populate(app);
    const { token } = population.victim;
    const calling = await CALLERS[who]!.prepare(app, name => population[name as Name].token);
    const before = await app.history();
    expect(await deadOf(app, population)).toEqual([]);
    const [status, reached = ''] = cell.split(' ');
    const { method, path } = ENDPOINTS[endpoint];

    const answer = await send(app, calling, method, path, token);

    expect(answer.status).toBe(Number(status));
    expect(answer.status !== 401 || answer.headers['www-authenticate'] !== undefined).toBe(true);
    if (endpoint === 'introspect') {
      if (reached === 'inactive') expect(answer.body).toEqual({ active: false });
      else expect(answer.body.active).toBe(reached === 'active' ? true : undefined);
    }
    const organisations = endpoint === 'introspect' || reached === '' ? [] : reached.split('+');
    expect(await deadOf(app, population)).toEqual(deadAfter(endpoint, organisations));
    const entries = (await app.history()).slice(before.length);
    expect(entries.map(({ actor }) => actor)).toEqual(organisations.map(() => calling.actor));
  });
});
