import { figure, interleave, type Figure, type Side, type Slices } from '../harness/interleave.js';
import { Issuer, type Algorithm } from '../harness/issuer.js';
import { say, type Part, type PartResult } from '../harness/part.js';
import { startRedis, type BenchRedis } from '../harness/redis.js';
import { slicesPerInstance, type Settings } from '../harness/settings.js';
import { describeScenario, measureQuietSlice, measureSlice, PATH, startInstance, type Instance, type Scenario, type Slice } from './instance.js';
import { request } from './load.js';
import { httpTables } from './report.js';
import { startRevocations, type Revocations } from './revocations.js';
import { SIDES, type HttpSide } from './sides.js';
import { assertWorks } from './trial.js';

const ALGORITHMS: readonly Algorithm[] = ['RS256', 'HS256'];

/** The pool comes first: it is the case that counts, and its requests warm the servers up. */
const POOLS = [5000, 1];

/** Before the first slice of an instance: code has to be compiled, and every token of the pool to be seen, which takes more than once round. */
const WARM_UP_MS = 6000;

/** What is known of one side in one scenario. */
export interface SideFigures {
  readonly side: string;
  readonly requestsPerSecond: Figure;
  readonly serverMicros: Figure;
  readonly redisMicros: Figure;
  readonly serverCores: Figure;
  readonly loadCores: Figure;
  readonly otherCores: Figure;
}

export interface ScenarioFigures {
  readonly scenario: Scenario;
  readonly sides: readonly SideFigures[];
}

export const http: Part = {
  name: 'http',
  about: 'requests a second and CPU a request of a guarded route, next to a bare one and to other middleware',
  async run(settings: Settings): Promise<PartResult> {
    const scenarios: ScenarioFigures[] = [];
    for (const algorithm of ALGORITHMS) scenarios.push(...(await runAlgorithm(algorithm, settings)));
    return { tables: httpTables(scenarios), data: scenarios };
  },
};

async function runAlgorithm(algorithm: Algorithm, settings: Settings): Promise<readonly ScenarioFigures[]> {
  const redis = await startRedis();
  const issuer = new Issuer(algorithm);
  const revocations = await startRevocations(issuer, redis);
  const sides = await startSides(issuer, redis, revocations, settings);
  try {
    revocations.begin();
    const scenarios: ScenarioFigures[] = [];
    for (const tokens of POOLS) scenarios.push(await runScenario({ algorithm, tokens }, sides, issuer, redis, settings));
    return scenarios;
  } finally {
    await Promise.all(sides.flatMap(({ instances }) => instances.map(({ worker }) => worker.stop())));
    await revocations.stop();
    await redis.stop();
  }
}

async function startSides(issuer: Issuer, redis: BenchRedis, revocations: Revocations, settings: Settings): Promise<readonly Side<Instance>[]> {
  const sides: Side<Instance>[] = [];
  for (const side of SIDES.filter(({ name }) => settings.only?.test(name) ?? true)) {
    say(`${issuer.key.algorithm}: starting ${settings.instances} servers of ${side.name}`);
    sides.push(await startSide(side, issuer, redis, revocations, settings));
  }
  return sides;
}

async function startSide(side: HttpSide, issuer: Issuer, redis: BenchRedis, revocations: Revocations, settings: Settings): Promise<Side<Instance>> {
  const input = { side: side.name, key: issuer.key, redisUrl: redis.url };
  const instances: Instance[] = [];
  for (let i = 0; i < settings.instances; i++) instances.push(await startInstance(input, settings));
  await assertWorks(side, instances, issuer, revocations);
  return { name: side.name, instances };
}

async function runScenario(
  scenario: Scenario,
  sides: readonly Side<Instance>[],
  issuer: Issuer,
  redis: BenchRedis,
  settings: Settings,
): Promise<ScenarioFigures> {
  const requests = issuer.pool(scenario.tokens).map(({ token }) => request(PATH, token));
  say(`${describeScenario(scenario)}: warming up`);
  for (const instance of sides.flatMap(({ instances }) => instances)) await measureSlice(instance, requests, redis, WARM_UP_MS);
  const rounds = slicesPerInstance(settings);
  say(`${describeScenario(scenario)}: ${rounds} rounds of ${settings.sliceMs} ms`);
  const slices = await interleave(sides, rounds, instance => measureQuietSlice(instance, requests, redis, settings));
  return { scenario, sides: [...slices].map(([side, of]) => sideFigures(side, of)) };
}

function sideFigures(side: string, slices: Slices<Slice>): SideFigures {
  return {
    side,
    requestsPerSecond: figure(slices, slice => slice.requestsPerSecond),
    serverMicros: figure(slices, slice => slice.serverMicros),
    redisMicros: figure(slices, slice => slice.redisMicros),
    serverCores: figure(slices, slice => slice.serverCores),
    loadCores: figure(slices, slice => slice.loadCores),
    otherCores: figure(slices, slice => slice.otherCores),
  };
}
