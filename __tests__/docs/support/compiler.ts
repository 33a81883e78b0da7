import path from 'node:path';
import ts from 'typescript';

const ROOT = path.join(__dirname, '../../..');

export interface Compiler {
  /** What the compiler has against this one file. */
  faultsOf(file: string): readonly string[];
}

/** The compiler as the project sets it up, for programs in a folder. Libraries are read once for all of them. */
export function compilerOf(directory: string): Compiler {
  const { config, error } = ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), file => ts.sys.readFile(file)) as { config: object; error?: ts.Diagnostic };
  if (error !== undefined) throw new Error(textOf(error));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT, { types: ['node'] }, path.join(ROOT, 'tsconfig.json'));
  const host = cachingHost(options);
  let previous: ts.Program | undefined;
  return {
    faultsOf(file) {
      const program = ts.createProgram({ rootNames: [path.join(directory, path.basename(file))], options, host, ...(previous && { oldProgram: previous }) });
      previous = program;
      const source = program.getSourceFile(file);
      return [...program.getOptionsDiagnostics(), ...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(textOf);
    },
  };
}

function cachingHost(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const known = new Map<string, ts.SourceFile | undefined>();
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (file, ...rest) => {
    if (!known.has(file)) known.set(file, read(file, ...rest));
    return known.get(file);
  };
  return host;
}

function textOf({ messageText }: ts.Diagnostic): string {
  return ts.flattenDiagnosticMessageText(messageText, '\n');
}
