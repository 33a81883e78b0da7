import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');
const page = readFileSync(path.join(ROOT, 'docs/security.md'), 'utf8');

/** Of the tables below "Threats": threat, answer, shown by, not covered. */
const threats = page
  .slice(page.indexOf('## Threats'), page.indexOf('## What is not covered at all'))
  .split('\n')
  .filter(line => line.startsWith('| ') && !line.startsWith('| threat |'))
  .map(line => line.split('|').slice(1, -1).map(cell => cell.trim()));

const testsIn = (cell = ''): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

describe('docs/security.md', () => {
  it('says of every threat what answers it, and which tests show that', () => {
    expect(threats.length).toBeGreaterThan(30);
    for (const [threat = '', answer = '', shownBy, ...rest] of threats) {
      expect({ threat, cells: rest.length, isAnswered: answer.length > 5, isShown: testsIn(shownBy).length > 0 }).toEqual({ threat, cells: 1, isAnswered: true, isShown: true });
    }
  });

  it('names tests that exist, and nothing else in their column', () => {
    const named = threats.flatMap(([, , shownBy]) => testsIn(shownBy));
    expect(named.filter(name => !name.endsWith('.test.ts') || !existsSync(path.join(ROOT, '__tests__', name)))).toEqual([]);
    const besides = threats.map(([, , shownBy = '']) => shownBy.replaceAll(/`[^`]+`/g, '').replaceAll(/[, ]/g, '')).filter(text => text !== '');
    expect(besides).toEqual([]);
  });

  it('names in SECURITY.md only functions that are options, as those whose decisions are not ours', () => {
    const [, list = ''] = /function that the application hands over \(([^)]+)\)/.exec(readFileSync(path.join(ROOT, 'SECURITY.md'), 'utf8')) ?? [];
    const options = readFileSync(path.join(ROOT, 'docs/options.md'), 'utf8');
    expect(testsIn(list).length).toBeGreaterThan(3);
    expect(testsIn(list).filter(name => !new RegExp(`^\\| \\**\`${name}\``, 'm').test(options))).toEqual([]);
  });

  it('has a test of that name nowhere else that it could mean', () => {
    const mentioned = [...page.matchAll(/[\w/-]+\.test\.ts/g)].map(([name]) => name);
    expect(mentioned.filter(name => !existsSync(path.join(ROOT, '__tests__', name)))).toEqual([]);
  });
});
