import type { TargetKey } from '../model/target-key.js';

/** The revocations that this process holds itself: checks are answered from here without waiting. */
export interface LocalView {
  /**
   * Moves whenever something that was not revoked may be now, so what was found live at a version is live for as long as that
   * version stands. `undefined` while this process cannot tell: `epochs` of the store can, or rejects.
   */
  readonly version: number | undefined;

  /** Prepares a look-up of these targets, for asking again and again. */
  lookup(keys: readonly TargetKey[]): Lookup;

  /** Calls `listener` after every revocation that this process learns of, and answers with what ends that. */
  subscribe(listener: (key: TargetKey) => void): () => void;
}

/** Some targets. While the view has no version, what it knows of them holds, but there may be more. */
export interface Lookup {
  /** Their epochs in order, milliseconds, as of now; `undefined` where there is none. */
  epochsMs(): readonly (number | undefined)[];

  /** False where none of them was revoked after that version. True may be a false alarm. */
  mayHaveChangedSince(version: number): boolean;
}
