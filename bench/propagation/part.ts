import { interleave, type Side, type Slices } from '../harness/interleave.js';
import { Issuer } from '../harness/issuer.js';
import { say, type Part, type PartResult } from '../harness/part.js';
import { startRedis } from '../harness/redis.js';
import type { Settings } from '../harness/settings.js';
import { isShort } from '../measures/scale.js';
import { CONDITIONS, describeCondition, type Condition } from './conditions.js';
import { measureRound, startPair, stopPair, type Pair, type Round } from './pair.js';
import { propagationTables } from './report.js';

/** Rounds in which each pair of processes meets each condition. */
const ROUNDS = 5;

/** Revocations in a round. */
const SAMPLES = 100;
const SHORT_SAMPLES = 30;

/** Tokens that the requests under load carry. */
const POOL = 1000;

export interface ConditionFigures {
  readonly condition: Condition;
  /** For each pair of processes. */
  readonly rounds: Slices<Round>;
}

export const propagation: Part = {
  name: 'propagation',
  about: 'from revoke() in one process to the refusal in another',
  async run(settings: Settings): Promise<PartResult> {
    const figures = await measure(settings);
    return { tables: propagationTables(figures), data: figures };
  },
};

async function measure(settings: Settings): Promise<readonly ConditionFigures[]> {
  const redis = await startRedis();
  const issuer = new Issuer('RS256');
  const pool = issuer.pool(POOL);
  const pairs = await Promise.all(Array.from({ length: settings.instances }, () => startPair(redis, issuer, pool, settings)));
  const samples = isShort(settings) ? SHORT_SAMPLES : SAMPLES;
  try {
    // Code has to be compiled, whatever is measured first.
    for (const pair of pairs) for (const condition of CONDITIONS) await measureRound(pair, condition, SHORT_SAMPLES);
    const sides: Side<Pair>[] = CONDITIONS.map(condition => ({ name: describeCondition(condition), instances: pairs }));
    say(`propagation: ${ROUNDS} rounds of ${samples} revocations, ${sides.length} conditions, ${pairs.length} pairs of processes`);
    const rounds = await interleave(sides, ROUNDS, (pair, name) => measureRound(pair, conditionOf(name), samples));
    return CONDITIONS.map(condition => ({ condition, rounds: rounds.get(describeCondition(condition)) ?? [] }));
  } finally {
    await Promise.all(pairs.map(stopPair));
    await redis.stop();
  }
}

function conditionOf(name: string): Condition {
  return CONDITIONS.find(condition => describeCondition(condition) === name) as Condition;
}
