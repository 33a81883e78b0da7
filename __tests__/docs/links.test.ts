import { existsSync, readFileSync } from 'node:fs';
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

describe('Links between documents', () => {
  it.each(['errors.md', 'security.md', 'guide.md', '../README.md'])('lead somewhere: %s', name => {
    expect(brokenLinks(path.join(DOCS, name))).toEqual([]);
  });

  it('lead from the README to each of them', () => {
    const readme = readFileSync(path.join(DOCS, '../README.md'), 'utf8');
    for (const name of ['errors', 'security', 'guide']) expect(readme).toContain(`(docs/${name}.md)`);
  });
});
