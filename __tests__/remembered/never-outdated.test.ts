import fc from 'fast-check';
import { createLiveTokens, memoryStore, redisStore, replicate, type LiveTokens, type RevocationStore } from 'livetoken';
import { targetKey } from '../../lib/model/target-key.js';
import { appClient, cleanUpAll, freshNamespace, later, rawClient } from '../stores/support/redis-stores.js';
import { anyKey } from '../stores/support/builders.js';
import { until } from '../stores/support/until.js';
import { sharedRedisUrl } from '../support/redis-url.js';
import { age, fill, issue, MAX_LIFETIME_S, steps, wipe, type Step } from './support/steps.js';
import { Lockstep, MAX_AGE_MS, newWorld, TOLERANCE_MS, type Instances, type Tally, type World } from './support/world.js';

afterEach(cleanUpAll);
afterEach(() => jest.restoreAllMocks());

const MS = (max: number) => fc.integer({ min: 0, max });
/** A revocation is kept for 121 seconds. */
const LONG_MS = 130_000;

function open(store: RevocationStore, world: World): LiveTokens {
  return createLiveTokens({
    store,
    verify: world.issuer.watched.verify,
    maxLifetime: MAX_LIFETIME_S,
    claims: { organisation: 'org' },
    clockToleranceMs: TOLERANCE_MS,
    // So few that tokens are often forgotten, and the memory turns over many times.
    rememberTokens: { maxTokens: 4, maxAgeMs: MAX_AGE_MS },
    now: () => world.nowMs,
  });
}

function onMemory(world: World): Instances {
  const store = memoryStore({ now: () => world.nowMs });
  return { self: open(store, world), other: open(store, world), heard: async () => undefined, wipe: async () => undefined };
}

/** Two copies of one Redis, as in two processes. */
async function onReplicas(world: World): Promise<Instances> {
  const namespace = freshNamespace();
  const [mine, others] = [0, 1].map(() => replicate(redisStore(appClient(sharedRedisUrl()), { namespace, replica: false })));
  const instances = { self: open(mine!, world), other: open(others!, world) };
  for (const live of Object.values(instances)) later(() => live.close());
  await Promise.all(Object.values(instances).map(live => live.ready()));
  const redis = rawClient(sharedRedisUrl());
  return {
    ...instances,
    heard: (target, epochMs) => {
      return until(() => (mine!.revocations.epochMs(targetKey(target), Date.now()) ?? -Infinity) >= epochMs);
    },
    wipe: async () => {
      const keys = await redis.keys(`{livetoken:${namespace}}:*`);
      if (keys.length > 0) await redis.del(...keys);
      // Until they have written back what they know, nobody is told that anything is live.
      for (const copy of [mine!, others!]) await until(() => copy.epochs([anyKey()], 'strong').then(() => true, () => false));
    },
  };
}

const scenarios = (rest: fc.Arbitrary<Step[]>) =>
  fc.tuple(fc.array(issue, { minLength: 2, maxLength: 4 }), rest).map(([issued, later]): Step[] => [...issued, ...later]);

/** What was done must have been worth doing: every kind of answer, from memory too. */
function expectVariety(tally: Tally): void {
  for (const answer of ['live', 'revoked', 'bad_signature', 'remembered live', 'remembered revoked', 'recalled']) {
    expect([answer, (tally[answer] ?? 0) > 0]).toEqual([answer, true]);
  }
}

describe('What is remembered of a token never outlives what is known of it', () => {
  it('F80 on the memory store: answers are those of a naive model that remembers nothing', async () => {
    const tally: Tally = {};
    let world = newWorld(0);
    jest.spyOn(performance, 'now').mockImplementation(() => world.monotonicMs);
    const byMs = fc.oneof(MS(900), MS(15_000), fc.constant(LONG_MS));
    await fc.assert(
      fc.asyncProperty(scenarios(steps({ byMs, further: [fill, age] })), async scenario => {
        world = newWorld(1_800_000_000_000);
        const lockstep = new Lockstep(onMemory(world), world, tally);
        for (const step of scenario) await lockstep.step(step);
      }),
      { numRuns: 800 },
    );
    expectVariety(tally);
    for (const answer of ['remembered expired', 'not_yet_valid', 'issued_in_future']) expect([answer, (tally[answer] ?? 0) > 0]).toEqual([answer, true]);
  });

  it('F80 on a copy of Redis: what this process knows is refused at once, what another revoked as soon as it is heard of', async () => {
    const tally: Tally = {};
    await fc.assert(
      fc.asyncProperty(scenarios(steps({ byMs: MS(900), further: [fill, wipe] })), async scenario => {
        const world = newWorld(Date.now());
        try {
          const lockstep = new Lockstep(await onReplicas(world), world, tally);
          for (const step of scenario) await lockstep.step(step);
        } finally {
          await cleanUpAll();
        }
      }),
      { numRuns: 70 },
    );
    expectVariety(tally);
  });
});
