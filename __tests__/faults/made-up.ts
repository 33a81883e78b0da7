import { checkHistory, type Bounds, type Invariant } from './checker.js';
import { FINAL } from './checks/coverage.js';
import type { Checked, Fault, FaultNature, HistoryEvent, Issued, Measured, Mode, Revoked, Said, Stored, Told } from './history.js';

/** Events for histories that never happened. Wall clocks say WALL_MS when the monotonic clock says 0. */
export const WALL_MS = 1_000_000_000;

export const CLOCK: HistoryEvent = { event: 'clock', atMs: 0, wallMs: WALL_MS };

/** Long enough not to matter. */
const AN_HOUR_MS = 3_600_000;

/** Issued when the history begins, unless `atMs` says otherwise; expires long after it ends. */
export function issued(token: number, targets: readonly string[], { atMs = 0, livesMs = AN_HOUR_MS } = {}): Issued {
  const issuedAtMs = WALL_MS + atMs;
  return { event: 'issued', atMs, token, targets: [...targets, `token:${token}`, 'all'], issuedAtMs, expiresAtMs: issuedAtMs + livesMs };
}

interface CheckOptions {
  readonly mode?: Mode;
  readonly tookMs?: number;
  readonly error?: string;
}

/** Of an instance that is called `direct...` Redis is asked, of others a copy. */
export function checked(instance: string, token: number, fromMs: number, status: number, options: CheckOptions = {}): Checked {
  const { mode = instance.startsWith('direct') ? 'direct' : 'replica', tookMs = 2, error } = options;
  return { event: 'checked', instance, mode, token, fromMs, toMs: fromMs + tookMs, status, ...(error !== undefined && { error }) };
}

type RevokedOptions = Partial<Pick<Revoked, 'outcome' | 'status' | 'epochMs' | 'issuedBeforeMs'>>;

/** What does not die for good has the instant of its acknowledgement as its epoch, unless told otherwise. */
export function revoked(target: string, fromMs: number, toMs: number, options: RevokedOptions = {}): Revoked {
  const { outcome = 'ok', issuedBeforeMs = WALL_MS + toMs } = options;
  const epoch = outcome !== 'ok' || FINAL.test(target) ? {} : { epochMs: issuedBeforeMs };
  return { event: 'revoked', instance: 'a', target, fromMs, toMs, outcome, ...epoch, ...options };
}

export function fault(name: string, beginMs: number, healedMs: number, nature: FaultNature = {}): Fault[] {
  const begin: Fault = { event: 'fault', name, phase: 'begin', atMs: beginMs, ...nature };
  return healedMs === Infinity ? [begin] : [begin, { event: 'fault', name, phase: 'healed', atMs: healedMs }];
}

export function measured(instance: string, atMs: number, options: Partial<Measured> = {}): Measured {
  return { event: 'measured', instance, atMs, rssBytes: 100e6, heapBytes: 50e6, liveBytes: 40e6, state: 'ready', pending: 0, loopDelayMs: 1, ...options };
}

export function told(instance: string, atMs: number, name: string, details: Told['details'] = {}): Told {
  return { event: 'told', instance, atMs, name, details };
}

export function said(line: string): Said {
  return { event: 'said', instance: 'a', atMs: 10, line };
}

type StoredRevocation = Stored['revocations'][number];

export function stored(atMs: number, revocations: readonly StoredRevocation[], { server = 'redis', incarnation = 'first' } = {}): Stored {
  return { event: 'stored', server, atMs, incarnation, revocations };
}

/** In its key and in the log, for good, unless told otherwise. */
export function kept(target: string, options: Partial<StoredRevocation> = {}): StoredRevocation {
  return { target, epochMs: 'final', keepUntilMs: WALL_MS + AN_HOUR_MS, inLog: true, ...options };
}

/** The invariants that a history violates, each once. */
export function violated(history: readonly HistoryEvent[], bounds: Partial<Bounds> = {}): Invariant[] {
  return [...new Set(checkHistory([CLOCK, ...history], bounds).violations.map(({ invariant }) => invariant))];
}

/** How often the history put an invariant to the test. */
export function examined(invariant: Invariant, history: readonly HistoryEvent[], bounds: Partial<Bounds> = {}): number {
  return checkHistory([CLOCK, ...history], bounds).examined[invariant];
}
