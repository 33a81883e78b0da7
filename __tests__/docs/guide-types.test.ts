import { compilerOf, type Compiler } from './support/compiler.js';
import { TASKS } from './support/guide-page.js';
import { programFolder, type ProgramFolder } from '../support/documented-programs.js';

/** Each by itself: one that lacks an import must not profit from another that has it. */
describe('The programs of the guide', () => {
  let folder: ProgramFolder;
  let compiler: Compiler;

  beforeAll(async () => {
    folder = await programFolder();
    compiler = compilerOf(folder.directory);
  });
  afterAll(() => folder.remove());

  it.each(TASKS.map(({ title }, index) => [title, index] as const))('pass the strictest type check: %s', async (_title, index) => {
    expect(compiler.faultsOf(await folder.write(`task-${index}`, TASKS[index]?.programs[0] ?? 'nothing'))).toEqual([]);
  });

  it('would not pass with a mistake in them', async () => {
    const code = (TASKS[0]?.programs[0] ?? '').replace('maxLifetime: 86_400', "maxLifetime: 'a day'").replace("import 'livetoken/req-auth';", '');
    const faults = compiler.faultsOf(await folder.write('mistaken', code));
    expect(faults).toContainEqual(expect.stringMatching(/Type 'string' is not assignable to type 'number'/));
    expect(faults).toContainEqual(expect.stringMatching(/Property 'auth' does not exist/));
  });
});
