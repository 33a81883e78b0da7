import fc from 'fast-check';
import { mergeRevocations, type Revocation } from '../../../lib/model/revocation.js';
import type { TargetKey } from '../../../lib/model/target-key.js';
import type { RecordedRevocation, RevocationStore } from '../../../lib/stores/store.js';
import { HOUR_MS, keys, write } from '../support/builders.js';

interface Wish {
  readonly target: number;
  readonly epoch: number;
  readonly keepForMs: number;
}

type Batch = readonly Wish[];

const TARGETS = 3;

/** keepUntil may lag behind what was asked by this much, so that repeating a revocation writes nothing. */
const SLACK_MS = 1000;

const batches: fc.Arbitrary<readonly Batch[]> = fc.array(
  fc.array(
    fc.record({
      target: fc.nat({ max: TARGETS - 1 }),
      epoch: fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 1_700_000_000_000 }), fc.constant(Infinity)),
      keepForMs: fc.integer({ min: 60_000, max: HOUR_MS }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  { minLength: 1, maxLength: 6 },
);

/** The batches as they were sent, and as they might arrive: some twice, in any order. */
const deliveries = batches.chain(sent =>
  fc.tuple(fc.constant(sent), fc.subarray([...sent])).chain(([, again]) => {
    const arriving = [...sent, ...again];
    return fc.tuple(fc.constant(sent), fc.shuffledSubarray(arriving, { minLength: arriving.length }));
  }),
);

async function deliver(store: RevocationStore, targets: readonly TargetKey[], sent: readonly Batch[]): Promise<RecordedRevocation[][]> {
  const recorded: RecordedRevocation[][] = targets.map(() => []);
  for (const batch of sent) {
    const replies = await store.record(batch.map(({ target, ...wish }) => write(targets[target]!, wish)));
    batch.forEach(({ target }, i) => recorded[target]!.push(replies[i]!));
  }
  return recorded;
}

function merged(sent: readonly Batch[]): (Revocation | undefined)[] {
  const model: (Revocation | undefined)[] = Array.from({ length: TARGETS }, () => undefined);
  for (const { target, epoch, keepForMs } of sent.flat()) {
    const wish = { epochMs: epoch, keepUntilMs: keepForMs };
    const before = model[target];
    model[target] = before === undefined ? wish : mergeRevocations(before, wish);
  }
  return model;
}

function isNonDecreasing(values: readonly number[]): boolean {
  return values.every((value, i) => i === 0 || value >= values[i - 1]!);
}

export function describeConvergence(theStore: () => RevocationStore): void {
  describe('revocations that arrive twice or in another order', () => {
    test('leave the store as the merge of all of them', async () => {
      await fc.assert(
        fc.asyncProperty(deliveries, async ([sent, arriving]) => {
          const targets = keys(TARGETS);
          await deliver(theStore(), targets, arriving);
          expect(await theStore().epochs(targets)).toEqual(merged(sent).map(revocation => revocation?.epochMs));
        }),
        { numRuns: 60 },
      );
    });

    test('are never answered with less than was answered before', async () => {
      await fc.assert(
        fc.asyncProperty(deliveries, async ([sent, arriving]) => {
          const recorded = await deliver(theStore(), keys(TARGETS), arriving);
          const expected = merged(sent);
          recorded.forEach((answers, target) => {
            expect(isNonDecreasing(answers.map(({ epochMs }) => epochMs))).toBe(true);
            expect(isNonDecreasing(answers.map(({ keepUntilMs }) => keepUntilMs))).toBe(true);
            const [first, last] = [answers[0], answers.at(-1)];
            if (first === undefined || last === undefined) return;
            expect(last.keepUntilMs).toBeGreaterThanOrEqual(first.recordedAtMs + expected[target]!.keepUntilMs - SLACK_MS);
          });
        }),
        { numRuns: 60 },
      );
    });
  });
}
