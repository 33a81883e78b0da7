import fc from 'fast-check';
import type { Checked, HistoryEvent, Issued, Outcome, Revoked } from './history.js';
import { checked, fault, issued, WALL_MS } from './made-up.js';

/** How the product decides, in a few lines: what is simulated, and what mutants get wrong. */
export interface Rules {
  /** What a target's epoch is once it is revoked again. */
  merge(was: number | undefined, epochMs: number): number;
  refuses(issuedAtMs: number, epochMs: number): boolean;
  /** Whether a revocation that is acknowledged is recorded at all; `number` counts them. */
  records(number: number): boolean;
  /** How long it is remembered. */
  readonly keepsMs: number;
  /** How many of its targets a token is judged by. */
  readonly looksAt: number;
}

export const RIGHT: Rules = {
  merge: (was, epochMs) => Math.max(was ?? -Infinity, epochMs),
  refuses: (issuedAtMs, epochMs) => issuedAtMs <= epochMs,
  records: () => true,
  keepsMs: Infinity,
  looksAt: Infinity,
};

const TARGETS = ['subject:1', 'subject:2', 'client:1', 'session:1', 'session:2', 'all'];

/** By name; how long what its copy knows is old. */
export type Lags = Readonly<Record<string, number>>;

/** Each comes `gapMs` after the one before, takes `tookMs`, and takes effect after this share of it. Much falls into one millisecond. */
const timing = { gapMs: fc.constantFrom(0, 0, 1, 2, 5, 9), tookMs: fc.constantFrom(0, 0, 1, 3, 10), share: fc.double({ min: 0, max: 1, noNaN: true }) };
const issue = fc.record({
  ...{ ...timing, does: fc.constant('issue' as const) },
  ...{ targets: fc.subarray(TARGETS.slice(0, -1)), livesMs: fc.constantFrom(40, 3_600_000, 3_600_000) },
});
const revocation = {
  ...{ ...timing, does: fc.constant('revoke' as const), target: fc.constantFrom(...TARGETS) },
  agoMs: fc.option(fc.nat(50), { nil: undefined, freq: 2 }),
};
const revoke = fc.record({ ...revocation, outcome: fc.constant<Outcome>('ok'), lateMs: fc.constant<number>(0) });
/** What nobody acknowledged takes place late, or never. */
const maybe = fc.record({ ...revocation, outcome: fc.constantFrom<Outcome>('failed', 'indeterminate'), lateMs: fc.constantFrom(0, 30, 1500, Infinity) });
/** `pick`: counted back from the token that was issued last. */
const check = fc.record({ ...timing, does: fc.constant('check' as const), pick: fc.nat(15), instance: fc.nat(7), isDown: fc.constantFrom(true, false, false, false) });

type OfArbitrary<A> = A extends fc.Arbitrary<infer T> ? T : never;
type Revocation = OfArbitrary<typeof revoke>;
type Question = OfArbitrary<typeof check>;
export type Step = OfArbitrary<typeof issue> | Revocation | Question;

type Weighted<T> = fc.WeightedArbitrary<T>;

export function steps(withDoubt: boolean): fc.Arbitrary<Step[]> {
  const revocations = fc.oneof<[Weighted<Revocation>, Weighted<Revocation>]>({ weight: 2, arbitrary: revoke }, { weight: withDoubt ? 1 : 0, arbitrary: maybe });
  const step = fc.oneof<[Weighted<Step>, Weighted<Step>, Weighted<Step>]>({ weight: 3, arbitrary: issue }, { weight: 3, arbitrary: revocations }, { weight: 10, arbitrary: check });
  return fc.array(step, { minLength: 40, maxLength: 160, size: 'max' });
}

interface Write {
  readonly atMs: number;
  readonly revoked: Revoked;
  readonly epochMs: number;
}

export interface Simulation {
  readonly history: readonly HistoryEvent[];
  /** Checks that had but one right answer, and got the other. */
  readonly wrong: readonly Checked[];
}

export interface World {
  readonly rules: Rules;
  readonly lags: Lags;
  /** In force all the time: who asks may be told that nobody can tell. */
  readonly fault?: boolean;
  /** How many times slower everything goes. Default 1. */
  readonly pace?: number;
}

/** What would have happened if instances followed these rules. Whatever takes effect does so at one instant, as in Redis. */
export function simulate(plan: readonly Step[], { rules, lags, fault: hasFault = false, pace = 1 }: World): Simulation {
  const tokens: Issued[] = [];
  const writes: Write[] = [];
  const questions: { readonly atMs: number; readonly step: Question; readonly token: Issued; readonly fromMs: number }[] = [];
  let fromMs = 10;
  for (const step of plan) {
    fromMs += step.gapMs * pace;
    const atMs = fromMs + step.share * step.tookMs;
    if (step.does === 'issue') tokens.push(issued(tokens.length, step.targets, { atMs: fromMs, livesMs: step.livesMs }));
    else if (step.does === 'revoke') writes.push(writeOf(step, fromMs, atMs));
    else if (tokens.length > 0) questions.push({ atMs, step, token: tokens.at(-1 - (step.pick % tokens.length))!, fromMs });
  }
  writes.sort((a, b) => a.atMs - b.atMs);
  const instances = Object.entries(lags);
  const wrong: Checked[] = [];
  const answered = questions.map(({ atMs, step, token, fromMs: askedMs }) => {
    const [instance, lagMs] = instances[step.instance % instances.length]!;
    const answer = (by: Rules): number => (hasFault && step.isDown ? 503 : verdict(token, atMs, writes, lagMs, by));
    const event = checked(instance, token.token, askedMs, answer(rules), { tookMs: step.tookMs });
    const isUndisputed = lagMs === 0 && !writes.some(({ revoked }) => revoked.fromMs <= event.toMs && revoked.toMs >= event.fromMs);
    if (isUndisputed && answer(RIGHT) !== event.status && token.expiresAtMs > WALL_MS + event.toMs + 50) wrong.push(event);
    return event;
  });
  const history = [...tokens, ...receipts(writes, rules), ...answered, ...(hasFault ? fault('slow', 0, Infinity) : [])];
  return { history, wrong };
}

function writeOf({ target, outcome, agoMs, tookMs, lateMs }: Revocation, fromMs: number, effectMs: number): Write {
  const isApplied = outcome !== 'failed';
  const atMs = isApplied ? effectMs + lateMs : Infinity;
  const issuedBeforeMs = agoMs === undefined ? undefined : WALL_MS + fromMs - agoMs;
  const epochMs = target.startsWith('session:') ? Infinity : (issuedBeforeMs ?? Math.floor(WALL_MS + atMs));
  const isPast = issuedBeforeMs !== undefined && epochMs !== Infinity;
  return { atMs, epochMs, revoked: { event: 'revoked', instance: 'a', target, fromMs, toMs: fromMs + tookMs, outcome, ...(isPast && { issuedBeforeMs }) } };
}

/** What is answered to a revocation: the epoch that stands then. */
function receipts(writes: readonly Write[], rules: Rules): Revoked[] {
  return writes.map(({ revoked, atMs, epochMs }) => {
    if (revoked.outcome !== 'ok' || epochMs === Infinity) return revoked;
    return { ...revoked, epochMs: Math.max(epochMs, epochAt(revoked.target, atMs, writes, rules) ?? -Infinity) };
  });
}

function epochAt(target: string, atMs: number, writes: readonly Write[], { merge, records, keepsMs }: Rules): number | undefined {
  let epochMs: number | undefined;
  for (const [number, write] of writes.entries()) {
    if (write.atMs > atMs || write.revoked.target !== target || !records(number) || atMs - write.atMs > keepsMs) continue;
    epochMs = merge(epochMs, write.epochMs);
  }
  return epochMs;
}

function verdict({ issuedAtMs, expiresAtMs, targets }: Issued, atMs: number, writes: readonly Write[], lagMs: number, rules: Rules): number {
  if (WALL_MS + atMs >= expiresAtMs) return 401;
  const epochs = targets.slice(0, rules.looksAt).map(target => epochAt(target, atMs - lagMs, writes, rules));
  return epochs.some(epochMs => epochMs !== undefined && rules.refuses(issuedAtMs, epochMs)) ? 401 : 204;
}
