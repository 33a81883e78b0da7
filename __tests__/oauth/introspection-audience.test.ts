import { closeOAuthApps, openOAuthApp } from '../support/oauth-app.js';

const API = 'https://api.test';

afterEach(closeOAuthApps);

describe('a resource server whose audience is one text', () => {
  const client = { id: 'orders', secret: 'canary-orders', mayIntrospect: true };

  it.each([
    ['the same', API, true],
    ['the same among others', ['https://elsewhere.test', API], true],
    ['a part of it', API, false, 'https://api'],
    ['a longer one', API, false, `${API}/orders`],
    ['another', API, false, 'https://orders.test'],
  ])('C41 C42 sees tokens for it and for nobody else: %s', async (_, aud, active, audience: string = API) => {
    const app = await openOAuthApp({ oauth: { clients: [{ ...client, audience }] } });

    const { body } = await app.introspect(client, { token: app.issuer.token({ aud }) });
    expect(body.active).toBe(active);
    if (!active) expect(body).toEqual({ active: false });
  });
});
