import { transformFile } from '@swc/core';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

const ROOT = path.join(__dirname, '../../..');
const LIB = path.join(ROOT, 'lib');

/** The sources as JavaScript, file by file: to transpile them anew at every command would take longer than all that it does. */
export interface Compiled {
  readonly main: string;
  /** What a module imports in place of the package. */
  readonly index: string;
  remove(): Promise<void>;
}

/** Inside the project, where its packages are found, and its own name. */
export async function compileLibrary(): Promise<Compiled> {
  const folder = await mkdtemp(path.join(ROOT, '.readme-'));
  const sources = (await readdir(LIB, { recursive: true })).filter(name => name.endsWith('.ts'));
  await Promise.all(sources.map(async name => {
    const { code } = await transformFile(path.join(LIB, name), {
      swcrc: false,
      jsc: { target: 'es2022', parser: { syntax: 'typescript' }, transform: { verbatimModuleSyntax: true } },
      module: { type: 'es6' },
    });
    const file = path.join(folder, name.replace(/\.ts$/, '.js'));
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, code);
  }));
  return { main: path.join(folder, 'cli/main.js'), index: path.join(folder, 'index.js'), remove: () => rm(folder, { recursive: true, force: true }) };
}
