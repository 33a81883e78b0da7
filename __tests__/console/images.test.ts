import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');

const documents = ['README.md', ...readdirSync(join(ROOT, 'docs')).filter(name => name.endsWith('.md')).map(name => `docs/${name}`)];

/** Those of the project; badges and the like come from elsewhere. */
function imagesIn(document: string): readonly string[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  const named = [...text.matchAll(/!\[[^\]]*\]\(([^)\s]+)\)|<(?:img|source)[^>]*\s(?:src|srcset)="([^"]+)"/g)].map(([, inMarkdown, inHtml]) => inMarkdown ?? inHtml ?? '');
  return named.filter(name => !/^https?:/.test(name)).map(name => join(dirname(document), name));
}

describe('Pictures in the documents', () => {
  it.each(documents)('are there: %s', (document) => {
    expect(imagesIn(document).filter(image => !existsSync(join(ROOT, image)))).toStrictEqual([]);
  });

  it('are small enough for a page to be read at once', () => {
    const directory = join(ROOT, 'docs/images');
    const images = readdirSync(directory).filter(name => name.endsWith('.png'));
    expect(images).not.toHaveLength(0);
    expect(images.filter(name => statSync(join(directory, name)).size > 500_000)).toStrictEqual([]);
  });
});
