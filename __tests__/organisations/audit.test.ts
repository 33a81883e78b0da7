import { EVERY_STORE } from '../support/every-store.js';
import { userOf } from '../support/callers.js';
import { MERCHANT, PARTNER } from '../support/organisation-tree.js';
import { closeApps, openApp } from '../support/revocation-app.js';

const bankAdmin = userOf('bank', 'bankadmin');
const machine = userOf('bank', 'bankadmin', { sub: undefined });

afterEach(closeApps);

describe.each(EVERY_STORE)('What the audit log says of the organisation endpoints, on the $name store', ({ open }) => {
  it.each([
    ['O1', '/organisations/shop/tokens/revoke', async () => PARTNER, 'key partner-key', 'organisation shop'],
    ['T1', '/tokens/revoke', async () => MERCHANT, 'key merchant-key', 'organisation shop'],
    ['O2', '/organisations/shop/tokens/secret-id/revoke', async () => PARTNER, 'key partner-key', 'a token in organisation shop'],
    ['T2', '/tokens/secret-id/revoke', async () => MERCHANT, 'key merchant-key', 'a token in organisation shop'],
    ['users', '/organisations/shop/users/alice/tokens/revoke', bankAdmin, 'user user-of-bank', 'member alice in organisation shop'],
    ['O1 by a client', '/organisations/shop/tokens/revoke', machine, 'client web', 'organisation shop'],
  ])('I94 %s is recorded with who did it, what, why and under which request id', async (_, path, caller, actor, target) => {
    const app = await openApp({ open });
    await app.issue({ jti: 'secret-id' });
    const heard: unknown[] = [];
    app.live.on('revoked', event => heard.push(event));

    await app.post(path, await caller(app)).set('X-Request-Id', 'request-7').expect(200);

    const [entry, ...more] = await app.history();
    expect(more).toStrictEqual([]);
    expect(entry).toMatchObject({ actor, target, reason: 'organisation endpoint', requestId: 'request-7' });
    expect(heard).toEqual([expect.objectContaining({ actor, target, requestId: 'request-7', changed: true, count: 1 })]);
    expect(JSON.stringify([entry, heard])).not.toContain('secret-id');
  });

  it('I94 no request id is made up where none was sent', async () => {
    const app = await openApp({ open });

    await app.post('/tokens/revoke', MERCHANT).expect(200);

    const [entry] = await app.history();
    expect(entry).toMatchObject({ actor: 'key merchant-key' });
    expect(entry).not.toHaveProperty('requestId');
  });

  it('I94 a request id of any length is cut, and keeps no revocation from happening', async () => {
    const app = await openApp({ open });
    const token = await app.issue();

    await app.post('/tokens/revoke', MERCHANT).set('X-Request-Id', 'r'.repeat(4000)).expect(200);

    expect((await app.history())[0]?.requestId).toBe('r'.repeat(256));
    expect(await app.isLive(token)).toBe(false);
  });

  it('I103 a repetition leaves no second entry', async () => {
    const app = await openApp({ open });
    await app.issue({ jti: 'j1' });

    for (let i = 0; i < 3; i++) await app.post('/tokens/j1/revoke', MERCHANT).expect(200);

    expect((await app.history()).length).toBe(1);
  });
});
