import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import ts from 'typescript';

const ROOT = path.join(__dirname, '../../..');

/** An application that has the package among its dependencies, as it is published, and everything else that is installed here. */
export interface Application {
  readonly home: string;
  /**
   * What the compiler has to say about one file of it, such as `TS2717 in index.d.ts`: in the file itself, and in the declarations of
   * every package that this is about, as without `skipLibCheck`.
   */
  faultsOf(text: string, options?: object, type?: 'module' | 'commonjs'): readonly string[];
  remove(): Promise<void>;
}

export async function application(): Promise<Application> {
  const home = await mkdtemp(path.join(ROOT, '.types-'));
  // Of a name of its own, or the package would be found in the folders around.
  await writeFile(path.join(home, 'package.json'), '{"name":"application"}');
  await install(path.join(home, 'node_modules/livetoken'));
  for (const type of ['module', 'commonjs']) {
    await mkdir(path.join(home, type));
    await writeFile(path.join(home, type, 'package.json'), JSON.stringify({ type }));
  }
  return {
    home,
    faultsOf: (text, options = {}, type = 'module') => faultsOf(path.join(home, type, 'app.ts'), text, options),
    remove: () => rm(home, { recursive: true, force: true }),
  };
}

/** What `npm run build` makes, at the place where it would be installed. */
async function install(folder: string): Promise<void> {
  for (const kind of ['esm', 'cjs']) {
    const config = path.join(ROOT, `tsconfig.${kind}.json`);
    const { fileNames, options } = ts.getParsedCommandLineOfConfigFile(config, { outDir: path.join(folder, 'dist', kind) }, HOST) as ts.ParsedCommandLine;
    ts.createProgram(fileNames, options).emit();
  }
  await writeFile(path.join(folder, 'dist/cjs/package.json'), '{"type":"commonjs"}');
  await cp(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'));
}

const HOST: ts.ParseConfigFileHost = {
  ...ts.sys,
  onUnRecoverableConfigFileDiagnostic: ({ messageText }) => { throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n')); },
};

const STRICT = { target: 'es2022', lib: ['es2023'], types: ['node'], module: 'nodenext', strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, verbatimModuleSyntax: true };

const LOOKED_INTO = /\/app\.ts$|\/node_modules\/(livetoken|express-oauth2-jwt-bearer|express-jwt|passport|passport-jwt|@types\/(express|passport)[\w-]*)\/(?!.*\/node_modules\/)/;

function faultsOf(file: string, text: string, given: object): readonly string[] {
  const { options, errors } = ts.convertCompilerOptionsFromJson({ ...STRICT, ...given, noEmit: true }, path.dirname(file));
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  const parse = remembering(JSON.stringify(options), getSourceFile);
  host.getSourceFile = (name, language) => (name === file ? ts.createSourceFile(name, text, language) : parse(name, language));
  host.fileExists = name => name === file || fileExists(name);
  host.readFile = name => (name === file ? text : readFile(name));
  const program = ts.createProgram([file], options, host);
  const lookedInto = program.getSourceFiles().filter(({ fileName }) => LOOKED_INTO.test(fileName));
  const found = [...errors, ...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics()];
  for (const source of lookedInto) found.push(...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source));
  return found.map(({ code, file: where }) => `TS${code} in ${where === undefined ? 'the options' : path.basename(where.fileName)}`);
}

/** Parsed files, by the options that they were parsed with: most of the time would go into reading the same ones again. */
const parsed = new Map<string, ts.SourceFile | undefined>();

function remembering(options: string, parse: ts.CompilerHost['getSourceFile']): ts.CompilerHost['getSourceFile'] {
  return (name, language) => {
    const key = `${options} ${name}`;
    if (!parsed.has(key)) parsed.set(key, parse(name, language));
    return parsed.get(key);
  };
}
