import { SpanStatusCode, type Attributes, type Histogram, type Span, type Tracer } from '@opentelemetry/api';
import { isUnavailable } from '../errors.js';
import type { Activity, Observer } from '../policy/activity.js';
import type { CheckPath } from '../policy/counts.js';
import type { Verdict } from '../policy/token-check.js';
import { commonAttributes } from './meter-group.js';

/** Times checks that are waited for, and makes spans of what goes to the store. */
export function observerOf(activity: Activity, duration: Histogram, tracer: Tracer): Observer {
  const common = commonAttributes(activity);
  // Made once: there may be thousands of checks a second.
  const byPath: Readonly<Record<Exclude<CheckPath, 'remembered'>, Attributes>> = {
    replica: { ...common, 'livetoken.path': 'replica' },
    direct: { ...common, 'livetoken.path': 'direct' },
    verification: { ...common, 'livetoken.path': 'verification' },
  };
  return {
    checked(path, durationMs) {
      duration.record(durationMs / 1000, byPath[path]);
    },
    asking(consistency, ask) {
      const attributes = { ...common, 'livetoken.consistency': consistency };
      return tracer.startActiveSpan('livetoken.check', { attributes }, span => traced(span, ask, attributesOf));
    },
    revoking(targets, record) {
      const attributes = { ...common, ...targetsOf(targets, activity) };
      return tracer.startActiveSpan('livetoken.revoke', { attributes }, span => traced(span, record));
    },
  };
}

/**
 * Ends the span when the work does, and before whoever waits for the work goes on. Resolves also where the work fails: what it rejects with
 * is not ours to pass on. What went wrong is told where it is ours to tell: other texts might quote anything.
 */
async function traced<T>(span: Span, work: () => Promise<T>, attributes: (result: T) => Attributes = () => ({})): Promise<void> {
  await work().then(
    result => { ending(span, () => { span.setAttributes(attributes(result)); }); },
    (error: unknown) => { ending(span, () => { fail(span, error); }); },
  );
}

/** A span that does not end is never reported, nor let go of by some processors. */
function ending(span: Span, tell: () => void): void {
  try {
    tell();
  } finally {
    span.end();
  }
}

function fail(span: Span, error: unknown): void {
  const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown };
  span.setAttribute('error.type', [code, name].find(each => typeof each === 'string') ?? '_OTHER');
  span.setStatus({ code: SpanStatusCode.ERROR, ...(isUnavailable(error) && { message: error.message }) });
}

function attributesOf(verdict: Verdict): Attributes {
  if (verdict.live) return { 'livetoken.result': 'live' };
  if (verdict.reason === 'revoked') return { 'livetoken.result': 'revoked', ...(verdict.target && { 'livetoken.target.kind': verdict.target.kind }) };
  return { 'livetoken.result': 'refused', 'livetoken.reason': verdict.reason };
}

/** Nobody has looked at the targets yet: they may be no targets, or no list, and a kind that there is not may be any text. */
function targetsOf(targets: unknown, { counts }: Activity): Attributes {
  if (!Array.isArray(targets)) return {};
  const known = Object.keys(counts.revocations);
  const given = (targets as readonly ({ readonly kind?: unknown } | null | undefined)[]).map(target => target?.kind);
  const kinds = new Set(given.filter(kind => known.includes(kind as string)));
  return { ...(kinds.size === 1 && { 'livetoken.target.kind': [...kinds].join() }), 'livetoken.revocation.count': targets.length };
}
