import { SpanStatusCode, trace } from '@opentelemetry/api';
import type { LiveTokens } from 'livetoken';
import { instrument } from 'livetoken/opentelemetry';
import { login } from '../redeem/support/login.js';
import { CANARY } from '../support/captured-output.js';
import { onStore } from '../support/every-store.js';
import { ask, guardedApi, liveTokens, outcome } from '../support/guarded-api.js';
import { createIssuer } from '../support/issuer.js';
import { PATIENT_STORES } from './support/patient-stores.js';
import { recordedSpans, withActiveSpans, type RecordedSpans } from './support/spans.js';

const issuer = createIssuer();

describe.each(PATIENT_STORES)('spans on the $name store', ({ name, open }) => {
  let live: LiveTokens;
  let spans: RecordedSpans;
  let end: () => void;
  const told = () => spans.ended().map(span => [span.name, ownAttributes(span.attributes)]);
  withActiveSpans();
  onStore(() => open(), ({ store }) => {
    live = liveTokens(store, issuer, { tracking: true });
    spans = recordedSpans();
    end = instrument(live, { tracer: spans.tracer });
  });

  it('are made of each check that asks the store, with what it answered', async () => {
    const strong = { consistency: 'strong' } as const;
    await live.check(issuer.claims(), strong);
    expect(await outcome(ask(guardedApi(live, strong), issuer.token()))).toBe('200');

    expect(told()).toEqual([
      ['livetoken.check', { consistency: 'strong', result: 'live' }],
      ['livetoken.check', { consistency: 'strong', result: 'live' }],
    ]);
    expect(spans.ended()[0]!.attributes).toMatchObject({ 'livetoken.store': name });
  });

  it('are not made of what memory answers', async () => {
    const [api, token] = [guardedApi(live), issuer.token()];
    for (let i = 0; i < 3; i++) await ask(api, token);
    await ask(api, createIssuer().token());
    await live.check(issuer.claims());

    expect(told()).toEqual([]);
  });

  it('are made of each revocation, with its kind of target and how many there are', async () => {
    await live.revoke({ kind: 'subject', id: 'alice' });
    await live.revoke(issuer.token());
    await live.revokeAll([{ kind: 'client', id: 'a' }, { kind: 'client', id: 'b' }]);
    await live.revokeAll([{ kind: 'client', id: 'a' }, { kind: 'session', id: 'b' }]);
    await live.revokeVerified(await live.verify(issuer.token()), { reach: 'grant' });

    expect(told()).toEqual([
      ['livetoken.revoke', { 'target.kind': 'subject', 'revocation.count': 1 }],
      ['livetoken.revoke', { 'target.kind': 'token', 'revocation.count': 1 }],
      ['livetoken.revoke', { 'target.kind': 'client', 'revocation.count': 2 }],
      ['livetoken.revoke', { 'revocation.count': 2 }],
      ['livetoken.revoke', { 'target.kind': 'grant', 'revocation.count': 1 }],
    ]);
  });

  it('are made of the revocation that a replayed refresh token causes', async () => {
    const { refresh } = login({}, Date.now());
    await live.redeem(refresh);
    await expect(live.redeem(refresh)).rejects.toMatchObject({ reason: 'replayed' });

    expect(told()).toEqual([['livetoken.revoke', { 'target.kind': 'grant', 'revocation.count': 1 }]]);
  });

  it('belong to the span that they are begun in, and what they wait for belongs to them', async () => {
    const within: (string | undefined)[] = [];
    live.on('revoked', () => { within.push(trace.getActiveSpan()?.spanContext().spanId); });

    await spans.tracer.startActiveSpan('request', async request => {
      await live.revoke({ kind: 'subject', id: 'bob' });
      await live.check(issuer.claims(), { consistency: 'strong' });
      request.end();
    });

    const [revoke, check, request] = spans.ended().map(span => ({ own: span.spanContext().spanId, parent: span.parentSpanContext?.spanId }));
    expect(request).toEqual({ own: expect.any(String), parent: undefined });
    expect([revoke?.parent, check?.parent]).toEqual([request?.own, request?.own]);
    expect(within).toEqual([revoke?.own]);
  });

  it('say that the store could not tell or record, and why', async () => {
    await live.close();
    await expect(live.check(issuer.claims())).rejects.toMatchObject({ status: 503 });
    await expect(live.revoke({ kind: 'all' })).rejects.toMatchObject({ status: 503 });
    expect(await outcome(ask(guardedApi(live, { onUnavailable: 'allow' }), issuer.token()))).toBe('200');

    const error = { code: SpanStatusCode.ERROR, message: 'The store is closed.' };
    expect(spans.ended().map(span => [span.name, span.attributes['error.type'], span.status])).toEqual([
      ['livetoken.check', 'closed', error],
      ['livetoken.revoke', 'closed', error],
      ['livetoken.check', 'closed', error],
    ]);
  });

  it('say that a target was none, and nothing of what it was', async () => {
    await expect(live.revoke({ kind: CANARY, id: CANARY } as never)).rejects.toMatchObject({ status: 400 });

    const [span] = spans.ended();
    expect([ownAttributes(span!.attributes), span!.status]).toEqual([{ 'revocation.count': 1, 'error.type': 'invalid_target' }, { code: SpanStatusCode.ERROR }]);
  });

  it('hold no token, nor any id that is in one, nor who revoked', async () => {
    const ids = { sub: CANARY, sid: CANARY, grant_id: CANARY, jti: CANARY, org: CANARY, client_id: CANARY };
    await live.check(issuer.claims(ids), { consistency: 'strong' });
    await live.revoke({ kind: 'member', id: CANARY, organisation: CANARY }, { actor: CANARY, reason: CANARY, requestId: CANARY });
    await live.revoke(issuer.token(ids));

    expect(spans.ended()).toHaveLength(3);
    expect(JSON.stringify(spans.ended().map(({ name: each, attributes, events, status, links }) => [each, attributes, events, status, links]))).not.toContain(CANARY);
  });

  it('are not made before and after', async () => {
    end();
    await live.check(issuer.claims(), { consistency: 'strong' });
    await live.revoke({ kind: 'all' });

    expect(told()).toEqual([]);
  });

  it('change nothing of what is answered', async () => {
    const receipt = await live.revoke({ kind: 'session', id: 'session-1' });
    const verdict = await live.check(issuer.claims(), { consistency: 'strong' });
    end();

    expect({ ...(await live.revoke({ kind: 'session', id: 'session-1' })), recordedAt: 0, keepUntil: 0 }).toEqual({ ...receipt, recordedAt: 0, keepUntil: 0, changed: false });
    expect(verdict).toMatchObject({ live: false, reason: 'revoked', target: { kind: 'session', id: 'session-1' } });
  });
});

/** Without the package's prefix, and without what names the store. */
function ownAttributes(attributes: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const shown = Object.entries(attributes).filter(([key]) => key !== 'livetoken.store' && key !== 'livetoken.namespace');
  return Object.fromEntries(shown.map(([key, value]) => [key.replace('livetoken.', ''), value]));
}
