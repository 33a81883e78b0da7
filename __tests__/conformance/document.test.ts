import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

// The program that CI runs, on results of a run that never was.
const PROGRAM = '.ci/conformance.mjs';
const ROOT = path.join(__dirname, '../..');

const GROUPS = [
  { title: 'A. Clients', assertions: { A01: ['M', 'Clients prove themselves.'], A02: ['M H', 'Wrong secrets are refused.'] } },
  { title: 'B. Tokens', assertions: { B03: ['S', 'Tokens end.'] } },
];

interface Result {
  readonly file?: string;
  readonly titles: readonly string[];
  readonly status?: string;
  /** Rows of a table share theirs. */
  readonly line?: number;
}

interface Outcome {
  readonly ok: boolean;
  readonly output: string;
  readonly document: string;
}

const COMPLETE: Result[] = [
  { titles: ['a client', 'A01 A02 proves itself'] },
  { titles: ['B03 a token', 'ends'] },
];

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'conformance-'));
  await writeFile(at('assertions.json'), JSON.stringify(GROUPS));
});

afterEach(() => rm(folder, { recursive: true }));

function at(name: string): string {
  return path.join(folder, name);
}

async function run(results: readonly Result[], ...options: string[]): Promise<Outcome> {
  const testResults = results.map(({ file = 'client.test.ts', titles, status = 'passed', line }, index) => ({
    name: path.join(ROOT, '__tests__', file),
    assertionResults: [{ ancestorTitles: titles.slice(0, -1), title: titles.at(-1), status, location: { line: line ?? 1000 + index, column: 3 } }],
  }));
  await writeFile(at('results.json'), JSON.stringify({ testResults }));
  return start(at('results.json'), ...options);
}

async function start(...options: string[]): Promise<Outcome> {
  const args = [PROGRAM, '--assertions', at('assertions.json'), '--document', at('document.md'), ...options];
  const answer = await promisify(execFile)(process.execPath, args, { cwd: ROOT }).then(
    ({ stdout }) => ({ ok: true, output: stdout }),
    (error: unknown) => ({ ok: false, output: printedBy(error as { stdout: string; stderr: string }) }),
  );
  return { ...answer, document: await readFile(at('document.md'), 'utf8').catch(() => '') };
}

function printedBy({ stdout, stderr }: { stdout: string; stderr: string }): string {
  return stdout + stderr;
}

const check = (results: readonly Result[]) => run(results, '--check');

describe('The document of conformance', () => {
  it('holds every assertion with the tests whose names, or whose describe, cite it', async () => {
    const { ok, document } = await run(COMPLETE);

    expect(ok).toBe(true);
    expect(document).toContain('## A. Clients\n\n- **A01** (M) Clients prove themselves.\n  - [client.test.ts](../__tests__/client.test.ts): `a client proves itself`\n- **A02** (M H)');
    expect(document).toContain('- **B03** (S) Tokens end.\n  - [client.test.ts](../__tests__/client.test.ts): `a token ends`\n');
  });

  it('names three tests and says that there are more, the cases of a table as one', async () => {
    const rows = ['x', 'y', 'z'].map(row => ({ titles: [`A01 as ${row}`], line: 7 }));
    const others = ['b', 'c', 'd', 'e'].map(file => ({ file: `${file}.test.ts`, titles: ['A01 too'] }));
    const { document } = await run([...others, ...rows, ...COMPLETE]);

    const [, shown] = /\*\*A01\*\*.*\n((?: {2}.*\n)*)/.exec(document)!;
    expect(shown!.match(/`.*`|and .*/g)).toEqual(['`as x`', '`a client proves itself`', '`too`', 'and more']);
  });

  it('takes a range for all its numbers', async () => {
    expect(await run([{ titles: ['A01-02 B03: everything'] }])).toMatchObject({ ok: true, output: '3 assertions, 0 problems\n' });
  });

  it('is the same in whatever order the files were run', async () => {
    const many = ['b', 'a', 'd', 'c'].map(file => ({ file: `${file}.test.ts`, titles: ['A01 A02 B03 works'] }));

    const { document } = await run(many);
    expect((await run([...many].reverse())).document).toBe(document);
    expect(document).toMatch(/a\.test\.ts[^]*b\.test\.ts[^]*c\.test\.ts/);
  });

  it('leaves out of names what differs from run to run', async () => {
    const { document } = await run([{ titles: ['A01 A02 B03 of 8aaf1c5c-f3a2-4f5b-8d2e-0123456789ab at http://127.0.0.1:41234/ (FUZZ_SEED=99)'] }]);

    expect(document).toContain(': `of … at http://127.0.0.1:…/ (FUZZ_SEED=…)`\n');
  });

  it('holds names of any characters, one a line', async () => {
    const { document } = await run([{ titles: ['A01 A02 B03 a `b`\n\u2028\u0000\u200f'] }]);

    expect(document).toContain(': ``a `b` \\u{0}\\u{200f}``\n');
  });
});

describe('The check of conformance', () => {
  it('passes where the document is as it would be written', async () => {
    await run(COMPLETE);

    expect(await check(COMPLETE)).toMatchObject({ ok: true, output: '3 assertions, 0 problems\n' });
  });

  it('says which assertion has no test', async () => {
    const { ok, output } = await check(COMPLETE.slice(0, 1));

    expect(ok).toBe(false);
    expect(output).toContain('B03 has no test: "Tokens end." Write one whose name begins with B03.');
  });

  it.each(['failed', 'pending', 'skipped', 'todo', 'disabled'])('does not count a test that is %s', async status => {
    const { ok, output } = await check([COMPLETE[0]!, { ...COMPLETE[1]!, status }]);

    expect(ok).toBe(false);
    expect(output).toContain('B03 is cited, but not by a test that passed: __tests__/client.test.ts, "a token ends".');
  });

  it.each([
    ['A29 A01 of a number that is none', 'cites A29, which is no assertion', 'Correct the name'],
    ['B01 of another group', 'cites B01, which is no assertion', 'Write A01.'],
    ['A1 written short', 'cites A1, which is no assertion', 'Write A01.'],
    ['A01-04 of which two are none', 'cites A04, which is no assertion', 'Correct the name'],
    ['J104 of a group that is none', 'cites J104, which is no assertion', 'Correct the name'],
  ])('says which name cites a number that is none: %s', async (title, ...says) => {
    const { ok, output } = await check([...COMPLETE, { titles: [title] }]);

    expect(ok).toBe(false);
    for (const words of says) expect(output).toContain(words);
  });

  it.each(['I1 an invariant', 'I12 an invariant', 'HS256 is signed', 'E2E works', 'a C3 in the middle', 'RS256'])('takes nothing else for a number: %s', async title => {
    const results = [...COMPLETE, { titles: [title] }];

    expect(await run(results)).toMatchObject({ ok: true });
  });

  it('says how the document differs, and what to do', async () => {
    await run(COMPLETE);
    const { ok, output, document } = await check([...COMPLETE, { titles: ['B03 a second token ends'] }]);

    expect(ok).toBe(false);
    expect(output).toContain('Run `npm run conformance` and commit it.');
    expect(output).toContain('  + ');
    expect(output).toContain('a second token ends');
    expect(document).not.toContain('a second token ends');
  });

  it('fails where there is no document', async () => {
    expect(await check(COMPLETE)).toMatchObject({ ok: false, output: expect.stringContaining('Run `npm run conformance`') });
  });

  it('fails where the run left no results, or none that say where a test stands', async () => {
    await writeFile(at('empty.json'), '');
    const assertionResults = [{ ancestorTitles: [], title: 'A01', status: 'passed', location: null }];
    await writeFile(at('nowhere.json'), JSON.stringify({ testResults: [{ name: 'a.test.ts', assertionResults }] }));

    expect(await start(at('none.json'))).toMatchObject({ ok: false, output: expect.stringContaining('holds no results') });
    expect(await start(at('empty.json'))).toMatchObject({ ok: false, output: expect.stringContaining('holds no results') });
    expect(await start(at('nowhere.json'))).toMatchObject({ ok: false, output: expect.stringContaining('--testLocationInResults') });
  });
});
