import { isWithinSpread, spreadOfPair } from '../harness/interleave.js';
import { count, percent, short, type Table } from '../harness/report.js';
import { CONNECTIONS, describeScenario } from './instance.js';
import type { ScenarioFigures, SideFigures } from './part.js';
import { PER_SECOND, STANDING } from './revocations.js';
import { BARE, GUARDED } from './sides.js';

export function httpTables(scenarios: readonly ScenarioFigures[]): readonly Table[] {
  return [...scenarios.map(scenarioTable), ...scenarios.flatMap(targetTable)];
}

function scenarioTable({ scenario, sides }: ScenarioFigures): Table {
  const bare = sides.find(({ side }) => side === BARE);
  return {
    title: `HTTP: ${describeScenario(scenario)}`,
    columns: ['side', 'req/s', '/ bare', 'CPU us/req', 'added', 'Redis us/req', 'A/A req/s', 'A/A CPU'],
    rows: sides.map(side => [
      side.side,
      count(side.requestsPerSecond.median),
      bare === undefined ? '-' : ratio(side.requestsPerSecond.median, bare.requestsPerSecond.median),
      short(side.serverMicros.median),
      bare === undefined ? '-' : short(side.serverMicros.median - bare.serverMicros.median),
      short(side.redisMicros.median),
      percent(side.requestsPerSecond.spread),
      percent(side.serverMicros.spread),
    ]),
    notes: [
      `Medians over all slices. CPU: of the server process, all its threads; Redis: of redis-server, the ${PER_SECOND} revocations a second included.`,
      `${CONNECTIONS} connections; ${count(STANDING)} revocations stand, and ${PER_SECOND} a second are added while measuring.`,
      'A/A: how far the two instances of one and the same side lie apart.',
      ...machineNotes(sides),
    ],
  };
}

/** From here on the generator may have been what was measured. */
const BUSY_LOAD_CORES = 0.8;
const NOISY_CORES = 0.1;

function machineNotes(sides: readonly SideFigures[]): readonly string[] {
  const most = (of: (side: SideFigures) => number): number => Math.max(...sides.map(of));
  const loadCores = most(({ loadCores: each }) => each.median);
  const otherCores = most(({ otherCores: each }) => each.median);
  return [
    loadCores > BUSY_LOAD_CORES
      ? `WARNING: the load generator used ${percent(loadCores)} of a core. Requests a second may be its own; trust the CPU column.`
      : `The load generator used ${percent(loadCores)} of a core at most, so it was not what limits.`,
    ...sides
      .filter(({ serverCores }) => serverCores.median < 0.9)
      .map(({ side, serverCores }) => `"${side}" used ${percent(serverCores.median)} of a core only: it waited, or the machine was busy.`),
    otherCores > NOISY_CORES
      ? `WARNING: other processes used ${percent(otherCores)} of a core meanwhile. Requests a second suffer from that; CPU per request less so.`
      : `Other processes used ${percent(otherCores)} of a core.`,
  ];
}

interface Target {
  readonly other: string;
  readonly atLeast: number;
}

/** For the guarded route with a replica and remembered tokens, on the pool of RS256 tokens. */
const TARGETS: readonly Target[] = [
  { other: BARE, atLeast: 0.95 },
  { other: 'express-jwt: key as text', atLeast: 1.5 },
  { other: 'express-jwt: KeyObject', atLeast: 1.5 },
  { other: 'express-jwt + isRevoked GET', atLeast: 2 },
];

function targetTable({ scenario, sides }: ScenarioFigures): readonly Table[] {
  const guarded = sides.find(({ side }) => side === GUARDED);
  if (guarded === undefined) return [];
  const isTargeted = scenario.algorithm === 'RS256' && scenario.tokens > 1;
  const compare = comparer(guarded, sides);
  return [
    {
      title: `HTTP: "${GUARDED}" compared, ${describeScenario(scenario)}`,
      columns: ['next to', 'target', 'by req/s', '', 'by CPU', ''],
      rows: sides.filter(side => side !== guarded).map(other => {
        const target = TARGETS.find(each => each.other === other.side);
        return [other.side, isTargeted && target !== undefined ? `>= ${target.atLeast}` : '', ...compare(other)];
      }),
      notes: [
        'Above 1: the guarded route is faster, or takes less CPU. The percentage is the A/A spread: nothing is claimed below it.',
        'It is that of the two sides compared, and at least the median of all.',
      ],
    },
  ];
}

function comparer(guarded: SideFigures, sides: readonly SideFigures[]): (other: SideFigures) => readonly string[] {
  const requests = sides.map(({ requestsPerSecond }) => requestsPerSecond);
  const cpu = sides.map(({ serverMicros }) => serverMicros);
  return other => {
    const byRequests = guarded.requestsPerSecond.median / other.requestsPerSecond.median;
    const byCpu = other.serverMicros.median / guarded.serverMicros.median;
    return [
      byRequests.toFixed(3),
      verdict(byRequests, spreadOfPair(guarded.requestsPerSecond, other.requestsPerSecond, requests), ['faster', 'slower']),
      byCpu.toFixed(3),
      verdict(byCpu, spreadOfPair(guarded.serverMicros, other.serverMicros, cpu), ['less CPU', 'more CPU']),
    ];
  };
}

function verdict(by: number, spread: number, [better, worse]: readonly [string, string]): string {
  const claim = by > 1 ? better : worse;
  return `${isWithinSpread(by, spread) ? 'no difference beyond' : `${claim}, beyond`} ${percent(spread)}`;
}

function ratio(value: number, base: number): string {
  return (value / base).toFixed(3);
}
