import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const DOCS = path.join(__dirname, '../../docs');

/** As GitHub makes it of a heading. */
function anchorOf(heading: string): string {
  return heading.trim().toLowerCase().replaceAll(/[^\w\- ]/g, '').replaceAll(' ', '-');
}

function anchorsOf(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8').replaceAll(/^```.*?^```$/gms, '');
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
}

function brokenLinks(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8').replaceAll(/^```.*?^```$/gms, '');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link).filter(link => !/^https?:/.test(link));
  return links.filter(link => {
    const [name = '', anchor] = link.split('#');
    const target = name === '' ? file : path.join(path.dirname(file), name);
    return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
  });
}

/** Every document that people read, and where it is. */
const DOCUMENTS = [
  ...readdirSync(DOCS).filter(name => name.endsWith('.md')),
  ...['decisions/README.md', '../README.md', '../CONTRIBUTING.md', '../SECURITY.md', '../CHANGELOG.md'],
];

describe('Links between documents', () => {
  it.each(DOCUMENTS)('lead somewhere: %s', name => {
    expect(brokenLinks(path.join(DOCS, name))).toEqual([]);
  });

  it('lead from the README to those that most people need', () => {
    const readme = readFileSync(path.join(DOCS, '../README.md'), 'utf8');
    for (const name of ['errors', 'security', 'guide', 'options', 'operations', 'reliability', 'revoking', 'README']) expect(readme).toContain(`(docs/${name}.md)`);
  });

  it('lead from the index to all of them', () => {
    const index = readFileSync(path.join(DOCS, 'README.md'), 'utf8');
    expect(DOCUMENTS.filter(name => name !== 'README.md' && !index.includes(`(${name})`))).toEqual([]);
  });
});
