// Writes docs/conformance.md: every assertion of docs/conformance-assertions.json, with the tests that show it.
//
//   node .ci/conformance.mjs [results.json]            writes the document
//   node .ci/conformance.mjs [results.json] --check    compares, for CI
//
// results.json is what `jest --json --testLocationInResults --outputFile` leaves; without it all tests are run. A test shows an assertion when it
// passes and its name, or that of a `describe` around it, begins with the number: "B23 C41 takes garbage".
// Exits with 1 where an assertion has no test, a name cites a number that is none, or the document is out of date.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';

const SHOWN = 3;
const LONGEST_NAME = 140;

const CITED = /^(?:[A-N]\d+(?:-\d+)?(?:,? +|: *|$))+/;
// The letter I stands for two lists: I1 to I12 are the invariants that hold while things break, and no assertions.
const INVARIANT = /^I([1-9]|1[0-2])$/;
// What a name may hold that differs from run to run: seeds, ports and random ids.
const RANDOM = /(?<=seed=)[^\s)]+|(?<=127\.0\.0\.1:|localhost:)\d+|\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/gi;

const HEADER = `# Conformance

<!-- Written by .ci/conformance.mjs. Change docs/conformance-assertions.json or the names of tests, then: npm run conformance -->

What each endpoint and the guard must take and answer, and the tests that show it. Every name below is a test that passes;
\`npx jest -t B23\` runs all that show B23. A test that runs for a table of cases stands here once, by its first case.

Tags: **M** the standard demands it, **S** the standard recommends it, **H** our own choice, usually the stricter one,
**I** clients in use depend on it, **V** part of the vendor's API whose shape is followed.
`;

/** The numbers that the beginning of a title cites: "E56-57 B23 says" -> E56, E57, B23. */
function citedBy(title) {
  const citations = CITED.exec(title)?.[0].match(/[A-N]\d+(?:-\d+)?/g) ?? [];
  return citations.filter(citation => !INVARIANT.test(citation)).flatMap(expand);
}

function expand(citation) {
  const [first, last] = citation.slice(1).split('-');
  if (last === undefined) return [citation];
  const count = Math.max(Number(last) - Number(first) + 1, 1);
  return Array.from({ length: count }, (_, index) => citation[0] + String(Number(first) + index).padStart(2, '0'));
}

function runTests() {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'conformance-')), 'results.json');
  const jest = ['node_modules/jest/bin/jest.js', '--json', '--testLocationInResults', `--outputFile=${file}`];
  spawnSync(process.execPath, jest, { stdio: ['ignore', 'ignore', 'inherit'] });
  return file;
}

function readResults(file) {
  const text = readIfThere(file);
  if (text === '') throw new Error(`${file} holds no results: jest did not get as far as writing them.`);
  return JSON.parse(text);
}

/** All tests of the run, a table of cases as one: those with the same place in the same file. */
function readTests(results, root) {
  const tests = new Map();
  for (const { name, assertionResults } of results.testResults) {
    const file = path.relative(root, name).split(path.sep).join('/');
    for (const result of assertionResults) {
      const titles = [...result.ancestorTitles, result.title];
      if (!result.location) throw new Error('Tests without a place: run jest with --testLocationInResults.');
      const { line, column } = result.location;
      const passed = result.status === 'passed';
      // Rows of a table may cite different numbers, and some may pass where others fail.
      const numbers = [...new Set(titles.flatMap(citedBy))];
      const key = JSON.stringify([file, line, column, passed, numbers]);
      if (!tests.has(key)) tests.set(key, { file, name: nameOf(titles), passed, numbers });
    }
  }
  return [...tests.values()];
}

/** Without the numbers, which the document has already; one line of printable text, however odd the case is. */
function nameOf(titles) {
  const name = titles.map(title => title.replace(CITED, '').trim()).filter(Boolean).join(' ');
  const printable = name.replace(RANDOM, '…').replace(/\s+/g, ' ').replace(/\p{C}/gu, odd => `\\u{${odd.codePointAt(0).toString(16)}}`);
  const characters = [...printable];
  return characters.length > LONGEST_NAME ? `${characters.slice(0, LONGEST_NAME).join('')}…` : printable;
}

function findProblems(assertions, tests) {
  const isKnown = number => assertions.has(number);
  const strangers = tests.flatMap(test => test.numbers.filter(number => !isKnown(number)).map(number => stranger(number, test)));
  const gaps = [...assertions.keys()].filter(number => showing(tests, number).length === 0).map(gap);
  return [...new Set(strangers), ...gaps];

  function stranger(number, { file, name }) {
    const meant = [...assertions.keys()].find(other => Number(other.slice(1)) === Number(number.slice(1)));
    const remedy = meant === undefined ? 'Correct the name, or add the number to docs/conformance-assertions.json.' : `Write ${meant}.`;
    return `${file} cites ${number}, which is no assertion: "${name}". ${remedy}`;
  }

  function gap(number) {
    const idle = tests.find(test => test.numbers.includes(number));
    if (idle) return `${number} is cited, but not by a test that passed: ${idle.file}, "${idle.name}". Make it pass.`;
    return `${number} has no test: "${assertions.get(number)[1]}" Write one whose name begins with ${number}.`;
  }
}

/** The tests that show an assertion: those first that name it first, and of those the file that is most about it. */
function showing(tests, number) {
  const citing = tests.filter(test => test.passed && test.numbers.includes(number));
  const rank = ({ file, numbers }) => [numbers.indexOf(number), -citing.filter(other => other.file === file).length, file];
  return citing.sort((a, b) => compare(rank(a), rank(b)));
}

function compare(a, b) {
  const index = a.findIndex((value, at) => value !== b[at]);
  if (index === -1) return 0;
  return a[index] < b[index] ? -1 : 1;
}

function render(groups, tests) {
  const sections = groups.map(({ title, assertions }) => {
    const entries = Object.entries(assertions).map(([number, [tags, text]]) => renderAssertion(number, tags, text, showing(tests, number)));
    return `## ${title}\n\n${entries.join('\n')}\n`;
  });
  return [HEADER, ...sections].join('\n');
}

function renderAssertion(number, tags, text, tests) {
  const lines = tests.slice(0, SHOWN).map(({ file, name }) => `  - [${file.replace('__tests__/', '')}](../${file}): ${code(name)}`);
  if (tests.length > SHOWN) lines.push('  - and more');
  if (tests.length === 0) lines.push('  - no test yet');
  return [`- **${number}** (${tags}) ${text}`, ...lines].join('\n');
}

/** A span of code may hold backticks if its fences are longer. */
function code(name) {
  const fence = '`'.repeat(Math.max(0, ...(name.match(/`+/g) ?? []).map(run => run.length)) + 1);
  const space = name.startsWith('`') || name.endsWith('`') ? ' ' : '';
  return fence + space + name + space + fence;
}

/** The lines in which the document differs from what it should be, as far as they help. */
function differences(committed, generated) {
  const only = (mark, these, others) => these.filter(line => !others.includes(line)).slice(0, 10).map(line => `  ${mark} ${line}`);
  const [before, after] = [committed.split('\n'), generated.split('\n')];
  return [...only('-', before, after), ...only('+', after, before)];
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}

function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      check: { type: 'boolean', default: false },
      assertions: { type: 'string', default: 'docs/conformance-assertions.json' },
      document: { type: 'string', default: 'docs/conformance.md' },
    },
  });
  const groups = JSON.parse(readFileSync(values.assertions, 'utf8'));
  const tests = readTests(readResults(positionals[0] ?? runTests()), process.cwd());
  const assertions = new Map(groups.flatMap(group => Object.entries(group.assertions)));
  const generated = render(groups, tests);

  const problems = findProblems(assertions, tests);
  if (!values.check) {
    writeFileSync(values.document, generated);
  } else if (readIfThere(values.document) !== generated) {
    const lines = differences(readIfThere(values.document), generated);
    problems.push([`${values.document} is not what the tests say. Run \`npm run conformance\` and commit it.`, ...lines].join('\n'));
  }
  process.stdout.write([...problems, `${assertions.size} assertions, ${problems.length} problems`, ''].join('\n'));
  process.exitCode = problems.length === 0 ? 0 : 1;
}

main();
