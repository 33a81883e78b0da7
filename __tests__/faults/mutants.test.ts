import { readFileSync } from 'node:fs';
import { mutated, MUTANTS } from './mutants.js';

test.each(MUTANTS.map(mutant => [mutant.name, mutant] as const))('%s still finds in the package what it breaks', (_, mutant) => {
  const text = readFileSync(mutant.file, 'utf8');
  expect(mutated(text, mutant)).not.toBe(text);
});

test('A mutation that fits no more is an error, also where only one of its changes does not', () => {
  const mutant = { ...MUTANTS[0]!, changes: [['a', 'b'], ['not there', '']] } as const;
  expect(() => mutated('abc', mutant)).toThrow(/finds nothing to change/);
});
