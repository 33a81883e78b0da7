import { say, type Part, type PartResult } from '../harness/part.js';
import { startRedis } from '../harness/redis.js';
import { count, percent, short, type Table } from '../harness/report.js';
import type { Settings } from '../harness/settings.js';
import { surroundingsNote } from '../measures/others.js';
import { asMs, type Times } from '../measures/times.js';
import { observe, startFleet, stopFleet, type Observation } from './fleet.js';

const REPLICAS = [50, 100, 200];

/** Revocations a second; none comes first. The last is meant to be too much for all of this on a small machine. */
const RATES = [0, 10, 50, 200];

/** Before the first figure: code has to be compiled, and connections to settle. */
const WARM_UP = { perSecond: 20, seconds: 2 };

export const fanOut: Part = {
  name: 'fan-out',
  about: 'many replicas on one Redis: how fast they learn, and what they cost Redis',
  async run(settings: Settings): Promise<PartResult> {
    const observations: Observation[] = [];
    for (const replicas of REPLICAS) observations.push(...(await observeFleet(replicas, settings)));
    return { tables: [propagationTable(observations), redisTable(observations)], data: observations };
  },
};

async function observeFleet(replicas: number, settings: Settings): Promise<readonly Observation[]> {
  const redis = await startRedis();
  const fleet = await startFleet(redis, replicas, settings);
  try {
    await observe(fleet, WARM_UP.perSecond, WARM_UP.seconds);
    const observations: Observation[] = [];
    for (const rate of RATES) {
      say(`fan-out: ${replicas} replicas, ${rate} revocations/s, ${settings.secondsPerSide} s`);
      observations.push(await observe(fleet, rate, settings.secondsPerSide));
    }
    return observations;
  } finally {
    await stopFleet(fleet);
    await redis.stop();
  }
}

function propagationTable(all: readonly Observation[]): Table {
  return {
    title: 'Fan-out: from revoke() having resolved to the refusal by a replica, milliseconds',
    columns: ['replicas', 'revocations/s', 'samples', 'p50', 'p99', 'max', 'last replica p50', 'p99', 'max', 'lapses'],
    rows: all
      .filter(({ revocationsPerSecond }) => revocationsPerSecond > 0)
      .map(each => [
        count(each.replicas),
        rateOf(each),
        count(each.propagation?.samples ?? 0),
        ...row(each.propagation),
        ...row(each.last),
        count(each.lapses),
      ]),
    notes: [
      'Samples: each revocation in each replica. Last replica: how long until all of them refuse.',
      'The replicas share this machine, where they would have one each: what they wait for is mostly one another.',
      'Lapses: how often a replica could not prove for a second that it was up to date. Until it can, its checks ask Redis and refuse all the same.',
      surroundingsNote(all.map(({ surroundings }) => surroundings)),
    ],
  };
}

function redisTable(all: readonly Observation[]): Table {
  return {
    title: 'Fan-out: what the replicas cost Redis',
    columns: ['replicas', 'revocations/s', 'connections', 'Redis CPU', 'commands/s', 'in KB/s', 'out KB/s', 'Redis us/learned', 'replica us/learned', 'commands/learned', 'out B/learned'],
    rows: all.map(each => {
      const rest = all.find(({ replicas, revocationsPerSecond }) => replicas === each.replicas && revocationsPerSecond === 0) ?? each;
      const perReplica = (of: (observation: Observation) => number): string =>
        each === rest ? '-' : short((of(each) - of(rest)) / (each.replicas * each.reachedPerSecond));
      return [
        count(each.replicas),
        rateOf(each),
        count(each.connections),
        percent(each.redisCores),
        count(each.commandsPerSecond),
        short(each.receivedBytesPerSecond / 1000),
        short(each.sentBytesPerSecond / 1000),
        perReplica(({ redisCores }) => redisCores * 1e6),
        perReplica(({ replicaCores }) => replicaCores * 1e6),
        perReplica(({ commandsPerSecond }) => commandsPerSecond),
        perReplica(({ sentBytesPerSecond }) => sentBytesPerSecond),
      ];
    }),
    notes: [
      'Redis CPU: share of one core. Learned: by one replica of one revocation, above what the replicas cost at rest.',
      'Commands/learned: 3 where every revocation wakes every replica by itself, fewer where replicas that are behind take several at once.',
      'The process that revokes is one replica more.',
    ],
  };
}

const row = (times: Times | undefined): readonly string[] => (times === undefined ? ['-', '-', '-'] : [times.p50, times.p99, times.max].map(asMs));

/** As it was, where it was not what it should have been. */
function rateOf({ revocationsPerSecond, reachedPerSecond }: Observation): string {
  const isReached = reachedPerSecond >= revocationsPerSecond * 0.95;
  return isReached ? count(revocationsPerSecond) : `${count(revocationsPerSecond)} (${count(reachedPerSecond)})`;
}
