import { randomUUID } from 'node:crypto';
import { memoryStore, requireLiveToken, StoreUnavailableError, type LiveTokens } from 'livetoken';
import { instrument } from 'livetoken/opentelemetry';
import { onStore, openDirectStore } from '../support/every-store.js';
import { apiBehind, ask, guardedApi, liveTokens, outcome } from '../support/guarded-api.js';
import { createIssuer, REFRESH } from '../support/issuer.js';
import { collector, type Collector } from './support/collector.js';
import { openPatientStore, PATIENT_STORES } from './support/patient-stores.js';

const issuer = createIssuer();

describe.each(PATIENT_STORES)('livetoken.checks on the $name store', ({ open }) => {
  let live: LiveTokens;
  let read: Collector;
  const checks = () => read.counted('livetoken.checks');
  onStore(() => open(), ({ store }) => {
    live = liveTokens(store, issuer);
    read = collector();
    instrument(live, { meter: read.meter });
  });

  it('counts a first request as answered by the copy, and all that follow as remembered', async () => {
    const [api, token] = [guardedApi(live), issuer.token()];

    for (let i = 0; i < 4; i++) expect(await outcome(ask(api, token))).toBe('200');

    expect(await checks()).toEqual({ 'replica live': 1, 'remembered live': 3 });
  });

  it('counts what a route with strong consistency asks as direct', async () => {
    const [api, token] = [guardedApi(live, { consistency: 'strong' }), issuer.token()];

    await ask(api, token);
    await ask(api, token);
    await live.revoke({ kind: 'session', id: 'session-1' });
    expect(await outcome(ask(api, issuer.token({ sid: 'other' })))).toBe('200');

    expect(await checks()).toEqual({ 'direct live': 3 });
  });

  it('counts a token that was revoked while it was remembered, one that had not been seen, and one that only the store tells of', async () => {
    const [api, token] = [guardedApi(live), issuer.token()];
    await ask(api, token);
    await live.revoke({ kind: 'session', id: 'session-1' });

    expect(await outcome(ask(api, token))).toBe('401 invalid_token');
    expect(await outcome(ask(api, issuer.token()))).toBe('401 invalid_token');
    expect(await outcome(ask(guardedApi(live, { consistency: 'strong' }), issuer.token()))).toBe('401 invalid_token');

    // What memory holds against a token is not asked for, whatever the route says.
    expect(await checks()).toEqual({ 'replica live': 1, 'remembered revoked': 1, 'replica revoked': 2 });
  });

  it('counts other refusals by their reason, as found out without any look-up', async () => {
    const api = guardedApi(live);
    const past = Math.floor(Date.now() / 1000) - 3600;

    await ask(api, createIssuer().token());
    await ask(api, createIssuer().token());
    await ask(api, issuer.token(REFRESH));
    await ask(api, issuer.token({ iat: past, exp: past + 60 }));
    await ask(api, issuer.token({ jti: undefined }));
    await live.check(issuer.claims({ iat: past, exp: past + 60 }));

    expect(await checks()).toEqual({
      'verification refused bad_signature': 2,
      'verification refused not_an_access_token': 1,
      'verification refused expired': 2,
      'verification refused unrevocable': 1,
    });
  });

  it('counts no request without a token, and none for its missing scope', async () => {
    await ask(guardedApi(live));
    await ask(guardedApi(live), 'a b');
    await ask(guardedApi(live, { scope: 'orders:write' }), issuer.token());

    expect(await checks()).toEqual({ 'replica live': 1 });
  });

  it('counts claims that were handed over, and checks without HTTP', async () => {
    const api = apiBehind([requireLiveToken(live, { claimsFrom: () => issuer.claims() })]);
    await ask(api);
    await live.check(issuer.claims());
    await live.check(issuer.claims(), { consistency: 'strong' });
    await live.authenticate(issuer.token());

    expect(await checks()).toEqual({ 'replica live': 3, 'direct live': 1 });
  });

  it('counts what nobody could tell, and what was let through all the same', async () => {
    const [api, open] = [guardedApi(live), guardedApi(live, { onUnavailable: 'allow' })];
    const token = issuer.token();
    await live.close();

    expect(await outcome(ask(api, token))).toBe('503 temporarily_unavailable');
    expect(await outcome(ask(open, token))).toBe('200');
    await expect(live.check(issuer.claims())).rejects.toBeInstanceOf(Error);

    expect(await checks()).toEqual({ 'direct unavailable': 2, 'direct allowed_unchecked': 1 });
    expect(await read.counted('livetoken.allowed_unchecked')).toEqual({ '': 1 });
    expect(await read.counted('livetoken.store.errors')).toEqual({ check: 3 });
  });

  it('counts from the start of the process, also what came before anybody instrumented', async () => {
    const own = liveTokens(memoryStore(), issuer);
    const [api, token, late] = [guardedApi(own), issuer.token(), collector()];
    await ask(api, token);
    await ask(api, token);

    instrument(own, { meter: late.meter });

    expect(await late.counted('livetoken.checks')).toEqual({ 'replica live': 1, 'remembered live': 1 });
  });

  it('shows from the start, as 0, whatever an alarm may wait for', async () => {
    expect(await read.all('livetoken.checks')).toEqual({
      ...{ 'remembered live': 0, 'remembered revoked': 0, 'replica live': 0, 'replica revoked': 0 },
      ...{ 'direct live': 0, 'direct revoked': 0, 'direct unavailable': 0, 'direct allowed_unchecked': 0, 'verification unavailable': 0 },
    });
    expect(await read.all('livetoken.allowed_unchecked')).toEqual({ '': 0 });
    expect(await read.all('livetoken.replays')).toEqual({ '': 0 });
    expect(await read.all('livetoken.store.errors')).toEqual({ check: 0, revoke: 0, redeem: 0, track: 0, list: 0 });
  });
});

describe('livetoken.checks', () => {
  it('counts revoked and live tokens as direct where there is no copy', async () => {
    const opened = await openDirectStore(randomUUID());
    const [live, read] = [liveTokens(opened.store, issuer), collector()];
    instrument(live, { meter: read.meter });
    const [api, token] = [guardedApi(live), issuer.token()];

    await ask(api, token);
    await ask(api, token);
    await live.revoke({ kind: 'session', id: 'session-1' });
    await ask(api, token);

    expect(await read.counted('livetoken.checks')).toEqual({ 'direct live': 2, 'direct revoked': 1 });
    await opened.close();
  });

  it('tells keys out of reach from a store out of reach', async () => {
    const verify = async () => { throw new StoreUnavailableError('The keys are out of reach.'); };
    const [live, read] = [liveTokens(memoryStore(), issuer, { verify }), collector()];
    instrument(live, { meter: read.meter });

    expect(await outcome(ask(guardedApi(live), issuer.token()))).toBe('503 temporarily_unavailable');

    expect(await read.counted('livetoken.checks')).toEqual({ 'verification unavailable': 1 });
    expect(await read.counted('livetoken.store.errors')).toEqual({});
  });

  it('counts no mistake in somebody\'s code', async () => {
    const [live, read] = [liveTokens(memoryStore(), issuer, { verify: undefined } as object), collector()];
    instrument(live, { meter: read.meter });

    await expect(live.authenticate(issuer.token())).rejects.toBeInstanceOf(TypeError);

    expect(await read.counted('livetoken.checks')).toEqual({});
  });
});

describe('livetoken.check.duration', () => {
  it('is measured of checks that are waited for, by path, and not of those that memory answers at once', async () => {
    const opened = await openPatientStore();
    const [live, read] = [liveTokens(opened.store, issuer), collector()];
    const [api, strong, token] = [guardedApi(live), guardedApi(live, { consistency: 'strong' }), issuer.token()];
    await ask(api, issuer.token());
    instrument(live, { meter: read.meter });

    await ask(api, token);
    for (let i = 0; i < 5; i++) await ask(api, token);
    for (let i = 0; i < 3; i++) await ask(strong, token);
    await ask(api, createIssuer().token());
    await live.authenticate(token);

    expect(await read.all('livetoken.check.duration')).toEqual({ replica: 1, direct: 3, verification: 1 });
    await opened.close();
  });

  it('is no longer measured once instrumenting has ended', async () => {
    const [live, read] = [liveTokens(memoryStore(), issuer), collector()];
    const end = instrument(live, { meter: read.meter });
    await live.check(issuer.claims());

    end();
    await live.check(issuer.claims());

    expect(await read.all('livetoken.check.duration')).toEqual({ replica: 1 });
  });
});
