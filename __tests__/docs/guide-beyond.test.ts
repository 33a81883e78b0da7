import { ask, basic, form, guideWorld, ISSUER, openSocket, REFRESH, statuses, statusOf } from './support/guide-world.js';
import { until } from '../stores/support/until.js';

describe('Guide: Close streams and sockets', () => {
  const world = guideWorld('Close streams and sockets');

  it('ends the stream with a last event, and closes the socket, when another instance ends the session', async () => {
    const [here, there] = await Promise.all([world.start(), world.start()]);
    const token = ISSUER.token({ sub: 'alice', sid: 's1' });
    const stream = await ask(here, '/events', { token });
    const ended = stream.text();
    const { socket, received } = await openSocket(here, token);
    expect(received()).toMatch(/^HTTP\/1\.1 101 /);
    socket.write('are you there?');
    await until(() => received().endsWith('are you there?'));
    const bobs = await openSocket(here, ISSUER.token({ sid: 's2' }));

    expect(await statusOf(there, '/auth/sessions/s1', { method: 'DELETE', token })).toBe(204);
    expect(await ended).toBe('data: hello\n\nevent: end\ndata: sign in again\n\n');
    await until(() => socket.closed);
    bobs.socket.write('still there?');
    await until(() => bobs.received().endsWith('still there?'));

    const refused = await openSocket(here, token);
    expect(refused.received()).toMatch(/^HTTP\/1\.1 401 /);
    await until(() => refused.socket.closed);
  });

  it('ends them too when nobody can tell any longer', async () => {
    const here = await world.start();
    const token = ISSUER.token({ sub: 'carol', sid: 's3' });
    const ended = (await ask(here, '/events', { token })).text();
    const { socket } = await openSocket(here, token);
    world.redis().pause();
    try {
      expect(await ended).toMatch(/event: end/);
      await until(() => socket.closed);
    } finally {
      world.redis().resume();
    }
  });
});

describe('Guide: Let a gateway ask', () => {
  const world = guideWorld('Let a gateway ask');

  it('hears of a live token 204 and active, and of one that is revoked 401 and inactive', async () => {
    const here = await world.start();
    const token = ISSUER.token({ sub: 'älice' });
    const check = () => ask(here, '/check', { token });
    const introspect = async (secret: string) => {
      const answer = await ask(here, '/auth/introspect', { ...form({ token }), headers: basic('gateway', secret) });
      const body: unknown = await answer.json();
      return { status: answer.status, body };
    };
    const before = await check();
    expect([before.status, before.headers.get('X-User')]).toEqual([204, '%C3%A4lice']);
    expect(await introspect('gateway-secret')).toMatchObject({ status: 200, body: { active: true, sub: 'älice' } });
    expect(await introspect('wrong')).toMatchObject({ status: 401 });

    expect(await statusOf(here, '/auth/revoke', form({ token, client_id: 'web' }))).toBe(200);
    expect((await check()).status).toBe(401);
    expect(await introspect('gateway-secret')).toEqual({ status: 200, body: { active: false } });
    expect(await statusOf(here, '/check')).toBe(401);
  });

  it('hears 503 while nobody can tell', async () => {
    const here = await world.start();
    const token = ISSUER.token();
    world.redis().pause();
    try {
      await until(async () => (await statusOf(here, '/check', { token })) === 503);
      expect(await statusOf(here, '/auth/introspect', { ...form({ token }), headers: basic('gateway', 'gateway-secret') })).toBe(503);
    } finally {
      world.redis().resume();
    }
  });
});

describe('Guide: Use another framework', () => {
  const world = guideWorld('Use another framework');

  it('refuses as the guard does, and drops the work of a token that was revoked meanwhile', async () => {
    const here = await world.start();
    const [alice, bob] = [ISSUER.token({ sub: 'alice' }), ISSUER.token()];
    expect(await statuses(here, [alice, bob, 'garbage', ISSUER.token({}, REFRESH)], '/')).toEqual([200, 200, 401, 401]);
    for (const token of [alice, bob]) expect(await statusOf(here, '/orders', { token })).toBe(200);
    expect(await statusOf(here, '/logout', { token: alice })).toBe(200);
    expect(await statuses(here, [alice, bob], '/')).toEqual([401, 200]);
    expect(await (await ask(here, '/work', { token: bob })).json()).toEqual(['dropped', 'done']);
  });

  it('answers 503 while nobody can tell', async () => {
    const here = await world.start();
    const token = ISSUER.token();
    world.redis().pause();
    try {
      await until(async () => (await statusOf(here, '/', { token })) === 503);
    } finally {
      world.redis().resume();
    }
  });
});

describe('Guide: Tokens without jti', () => {
  const world = guideWorld('Tokens without jti');

  it('are revoked by uti where they have one, and by their session, and by no other means', async () => {
    const here = await world.start();
    const uti = (id: string) => ISSUER.token({ jti: undefined, uti: id });
    const [one, two] = [uti('u1'), uti('u2')];
    const [nameless, own] = [ISSUER.token({ jti: undefined, sid: 's1' }), ISSUER.token({ jti: undefined, sid: 's1' })];
    const all = [one, two, nameless, own, ISSUER.token({ exp: undefined })];
    expect(await statuses(here, all)).toEqual([200, 200, 200, 200, 401]);
    expect(await statusOf(here, '/auth/revoke', form({ token: one, client_id: 'web' }))).toBe(200);
    const refused = await ask(here, '/auth/revoke', form({ token: nameless, client_id: 'web' }));
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: 'unsupported_token_type' }]);
    expect(await statuses(here, all)).toEqual([401, 200, 200, 200, 401]);
    expect(await statusOf(here, '/auth/sessions/s1', { method: 'DELETE', token: own })).toBe(204);
    expect(await statuses(here, all)).toEqual([401, 200, 401, 401, 401]);
  });
});
