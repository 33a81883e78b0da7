import type { Bounds } from './bounds.js';
import type { FaultSpan, Run } from './run.js';
import { firstIndex } from './windows.js';

/** A stretch of time without a fault in force. */
export interface Spell {
  /** The faults that were in force before it, from the first moment at which one of them was. */
  readonly after: readonly FaultSpan[];
  /** When the last of them was healed; -Infinity where there was none. */
  readonly fromMs: number;
  /** When the next fault begins. */
  readonly toMs: number;
}

export function spellsOf({ faults }: Run): readonly Spell[] {
  const spells: Spell[] = [];
  let after: FaultSpan[] = [];
  let fromMs = -Infinity;
  for (const fault of faults) {
    if (fault.beginMs > fromMs) {
      spells.push({ after, fromMs, toMs: fault.beginMs });
      after = [];
    }
    after.push(fault);
    fromMs = Math.max(fromMs, fault.healedMs);
  }
  return [...spells, { after, fromMs, toMs: Infinity }];
}

/** The spell that holds all of [fromMs, toMs]. */
export function spellAt(spells: readonly Spell[], fromMs: number, toMs: number): Spell | undefined {
  const spell = spells[firstIndex(spells.length, i => spells[i]!.toMs > fromMs)];
  return spell !== undefined && spell.fromMs <= fromMs && toMs < spell.toMs ? spell : undefined;
}

/** By when guards answer again, in this spell; where `isPatient`, by when copies are live and revocations acknowledged. */
export function recoveredMs({ after }: Spell, bounds: Bounds, isPatient: boolean): number {
  const { copyRecoveryMs, failoverRecoveryMs, guardRecoveryMs } = bounds;
  const recoveryOf = ({ isFailover }: FaultSpan): number => {
    const guardMs = isFailover === true ? failoverRecoveryMs : guardRecoveryMs;
    return isPatient ? Math.max(copyRecoveryMs, guardMs) : guardMs;
  };
  return Math.max(-Infinity, ...after.map(fault => fault.healedMs + recoveryOf(fault)));
}
