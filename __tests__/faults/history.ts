/**
 * What happened in a run, as it was seen from outside: the input of the checker. All instants are milliseconds of the machine's
 * monotonic clock, which is the same in all its processes.
 */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** What the clocks said at one and the same time. At least one in a history, at its beginning; more where it takes hours. */
export interface Clock {
  readonly event: 'clock';
  readonly atMs: number;
  /** Milliseconds since 1970. */
  readonly wallMs: number;
}

/** Under this name the run itself tells how its event loop was doing (`measured`): it may be what was late, and not an instance. */
export const OBSERVER = 'run';

/** How an instance is told to look: a copy in its process, or Redis at every check. */
export type Mode = 'replica' | 'direct';

/**
 * A token, by a number: its ids stay with whoever issued it. Target names are those of the run (`subject:3`), not ids of the product;
 * each begins with its kind and a colon, or is `all`.
 */
export interface Issued {
  readonly event: 'issued';
  readonly atMs: number;
  readonly token: number;
  /** All targets that it falls under. */
  readonly targets: readonly string[];
  /** What epochs are compared with, and when it expires: milliseconds since 1970. */
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

/** A request with a token. `status` 0: no answer. One that is never answered is recorded at the end of the run. */
export interface Checked {
  readonly event: 'checked';
  /** Of one process: a process that is started again has another name, since it remembers nothing. */
  readonly instance: string;
  readonly mode: Mode;
  readonly token: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly status: number;
  /** The `error_description`'s stable code or the `error` of the challenge, where there was one. */
  readonly error?: string;
}

/** `ok`: acknowledged. `failed`: certainly not recorded. `indeterminate`: it may have been. */
export type Outcome = 'ok' | 'failed' | 'indeterminate';

/** Also what the product revokes by itself (`revoke-all` after a loss, a grant whose refresh token was replayed): `indeterminate`, from when it may have. */
export interface Revoked {
  readonly event: 'revoked';
  readonly instance: string;
  readonly target: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly outcome: Outcome;
  /** What was answered, 0 for nothing. Absent where nobody asked. */
  readonly status?: number;
  /** Tokens issued at or before this are dead, milliseconds since 1970; absent: all of the target, for good. Of `ok` only. */
  readonly epochMs?: number;
  /** What the caller asked for, where it was an instant in the past. */
  readonly issuedBeforeMs?: number;
}

/**
 * `begin` is recorded before anything is done, `healed` once all is well again as far as the run can see to it: both sides of a
 * fault are generous. A fault does not begin again under the same name before it is healed.
 */
export interface Fault extends FaultNature {
  readonly event: 'fault';
  readonly name: string;
  readonly phase: 'begin' | 'healed';
  readonly atMs: number;
}

/** What a fault may do, as the run knows: told with `begin`, and held against the history. */
export interface FaultNature {
  /** Redis may lose something that it had, or two servers may take themselves for the primary: wipe, restart, failover, isolation. */
  readonly mayLose?: boolean;
  /** Even acknowledged revocations may be lost for good: in this configuration nothing else is promised. */
  readonly unpromised?: boolean;
  /** Afterwards another server is the primary; it is healed when that one takes writes. */
  readonly isFailover?: boolean;
  /** What it does to the log, which those that follow it must notice. */
  readonly breaks?: 'fork' | 'wipe' | 'gap';
  /** Instances that it stops, stalls or kills themselves: what they answer late or not at all meanwhile is no fault of theirs. */
  readonly instances?: readonly string[];
}

/** What the product told of itself: state of the copy, resync, healed, dataLoss, storeWarning, unavailable. */
export interface Told {
  readonly event: 'told';
  readonly instance: string;
  readonly atMs: number;
  readonly name: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** How an instance was doing, told a few times a second. */
export interface Measured {
  readonly event: 'measured';
  readonly instance: string;
  readonly atMs: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
  /** Of the heap and beside it, what was left after the last collection of all that is left over: made now and then. */
  readonly liveBytes: number;
  /** Revocations in its copy; absent in direct mode. */
  readonly entries?: number;
  readonly replica?: string;
  readonly state: string;
  /** Requests that have no answer yet. */
  readonly pending: number;
  /** How long its event loop was held up since the last time, milliseconds, by whatever it was. */
  readonly loopDelayMs: number;
  /** Of that and of all else, how long it was ready to run and waited for a processor. Absent where the system does not tell. */
  readonly waitedMs?: number;
  /** Told by the run, of the servers: the longest. */
  readonly serversWaitedMs?: number;
}

/**
 * The store as it stood, read by the run itself: of each target its epoch (`undefined` where the key is not there), its keepUntil (of
 * the log's entry, where only that is there), and whether the log has it. Some are read while all goes on, the last one of a run
 * when all is quiet, of every server that is still there and whole.
 */
export interface Stored {
  readonly event: 'stored';
  readonly server: string;
  /** When reading began, where that took a while; it ended at `atMs`. */
  readonly beganMs?: number;
  readonly atMs: number;
  readonly incarnation: string | undefined;
  readonly revocations: readonly {
    readonly target: string;
    readonly epochMs: number | 'final' | undefined;
    readonly keepUntilMs: number | undefined;
    readonly inLog: boolean;
  }[];
}

/** A line that an instance wrote to stdout, stderr or its log. */
export interface Said {
  readonly event: 'said';
  readonly instance: string;
  readonly atMs: number;
  readonly line: string;
}

export type HistoryEvent = Clock | Issued | Checked | Revoked | Fault | Told | Measured | Stored | Said;
