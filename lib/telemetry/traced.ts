import { SpanStatusCode, type Attributes, type Histogram, type Span, type Tracer } from '@opentelemetry/api';
import { isUnavailable } from '../errors.js';
import type { Target } from '../model/target.js';
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
      return tracer.startActiveSpan('livetoken.check', { attributes }, async span => {
        const verdict = await traced(span, ask);
        span.setAttributes(attributesOf(verdict)).end();
        return verdict;
      });
    },
    revoking(targets, record) {
      const attributes = { ...common, ...kindsOf(targets, activity), 'livetoken.revocation.count': targets.length };
      return tracer.startActiveSpan('livetoken.revoke', { attributes }, async span => {
        const receipts = await traced(span, record);
        span.end();
        return receipts;
      });
    },
  };
}

/** Ends the span where the work fails. What went wrong is told where it is ours to tell: other texts might quote anything. */
async function traced<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown };
    span.setAttribute('error.type', [code, name].find(each => typeof each === 'string') ?? '_OTHER');
    span.setStatus({ code: SpanStatusCode.ERROR, ...(isUnavailable(error) && { message: error.message }) });
    span.end();
    throw error;
  }
}

function attributesOf(verdict: Verdict): Attributes {
  if (verdict.live) return { 'livetoken.result': 'live' };
  if (verdict.reason === 'revoked') return { 'livetoken.result': 'revoked', ...(verdict.target && { 'livetoken.target.kind': verdict.target.kind }) };
  return { 'livetoken.result': 'refused', 'livetoken.reason': verdict.reason };
}

/** Nobody has looked at the targets yet: a kind that there is not may be any text. */
function kindsOf(targets: readonly Target[], { counts }: Activity): Attributes {
  const known = Object.keys(counts.revocations);
  const kinds = new Set(targets.map(({ kind }) => kind).filter(kind => known.includes(kind)));
  return kinds.size === 1 ? { 'livetoken.target.kind': [...kinds].join() } : {};
}
