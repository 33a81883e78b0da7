import { figure } from '../harness/interleave.js';
import { count, percent, type Table } from '../harness/report.js';
import { surroundingsNote } from '../measures/others.js';
import { asMs, times } from '../measures/times.js';
import { describeCondition, IDLE } from './conditions.js';
import type { ConditionFigures } from './part.js';
import type { Round } from './pair.js';

const TARGETS = { p50: 0.6, p99: 10 };

export function propagationTables(all: readonly ConditionFigures[]): readonly Table[] {
  return [replicaTable(all), directTable(all)];
}

function replicaTable(all: readonly ConditionFigures[]): Table {
  return {
    title: 'Propagation: from revoke() having resolved in one process to the refusal in another, milliseconds',
    columns: ['the other process', 'req/s', 'samples', 'p50', 'target', 'p99', 'target', 'max', 'known first', 'p50 from the call', 'longest block', 'A/A p50'],
    rows: all.map(({ condition, rounds }) => {
      const { samples, p50, p99, max } = times(pooled(rounds, round => round.fromResolved));
      const knownFirst = pooled(rounds, round => round.fromResolved).filter(each => each < 0).length / samples;
      return [
        describeCondition(condition),
        count(figure(rounds, round => round.requestsPerSecond).median),
        count(samples),
        asMs(p50),
        condition === IDLE ? `<= ${TARGETS.p50}` : '',
        asMs(p99),
        `<= ${TARGETS.p99}`,
        asMs(max),
        percent(knownFirst),
        asMs(times(pooled(rounds, round => round.fromCalled)).p50),
        asMs(Math.max(...rounds.flat().map(({ longestBlockMs }) => longestBlockMs))),
        `${asMs(apart(rounds))} ms`,
      ];
    }),
    notes: [
      'Both clocks are CLOCK_MONOTONIC (process.hrtime), which on Linux is one for all processes of a machine.',
      'The refusal: live.watch aborts, and in the same turn the guard no longer lets the token pass.',
      'Known first: the other process refused before revoke() had resolved, which counts as a negative time.',
      'Longest block: of the event loop of the process that refuses; nothing that it is told can be taken in sooner.',
      'A/A p50: how far apart the medians of two such pairs of processes lie.',
      surroundingsNote(all.flatMap(({ rounds }) => rounds.flat().map(({ surroundings }) => surroundings))),
    ],
  };
}

function directTable(all: readonly ConditionFigures[]): Table {
  return {
    title: 'Propagation: the same without a copy (replica: false), which refuses at the next request, after one round trip, milliseconds',
    columns: ['the other process', 'samples', 'p50', 'p99', 'max'],
    rows: all.map(({ condition, rounds }) => {
      const { samples, p50, p99, max } = times(pooled(rounds, round => round.direct));
      return [describeCondition(condition), count(samples), asMs(p50), asMs(p99), asMs(max)];
    }),
    notes: ['How long such a check takes, at every request: live.check of a revoked token in the other process, without signature and HTTP.'],
  };
}

function pooled(rounds: ConditionFigures['rounds'], of: (round: Round) => readonly number[]): readonly number[] {
  return rounds.flat().flatMap(of);
}

/** Ratios, as elsewhere, would say little of times this close to none. */
function apart(rounds: ConditionFigures['rounds']): number {
  const { ofInstances } = figure(rounds, round => times(round.fromResolved).p50);
  return Math.max(...ofInstances) - Math.min(...ofInstances);
}
