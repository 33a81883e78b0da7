import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { PUBLIC_TYPES, PUBLIC_VALUES, TELEMETRY_NAMES } from './public-names.js';

const ROOT = path.join(__dirname, '../..');
const MODULES = { main: 'lib/index.ts', reqAuth: 'lib/req-auth.ts', telemetry: 'lib/telemetry/opentelemetry.ts' };
const SUBPATHS = ['.', './req-auth', './opentelemetry', './package.json'];

const { config } = ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), file => ts.sys.readFile(file)) as { readonly config: object };
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
const program = ts.createProgram(Object.values(MODULES).map(file => path.join(ROOT, file)), options);
const checker = program.getTypeChecker();

function exportsOf(file: string): readonly ts.Symbol[] {
  const source = program.getSourceFile(path.join(ROOT, file));
  if (source === undefined) throw new Error(`There is no ${file}.`);
  const module = checker.getSymbolAtLocation(source);
  return module === undefined ? [] : checker.getExportsOfModule(module);
}

/** A class that is exported as a type only counts as a type. */
function isValue(symbol: ts.Symbol): boolean {
  if ((symbol.flags & ts.SymbolFlags.Alias) === 0) return (symbol.flags & ts.SymbolFlags.Value) !== 0;
  const isTypeOnly = (symbol.declarations ?? []).some(each => ts.isExportSpecifier(each) && (each.isTypeOnly || each.parent.parent.isTypeOnly));
  return !isTypeOnly && (checker.getAliasedSymbol(symbol).flags & ts.SymbolFlags.Value) !== 0;
}

const names = (symbols: readonly ts.Symbol[]): readonly string[] => symbols.map(({ name }) => name).sort();

describe('What the package exports', () => {
  it('is what was decided on: a name is added or taken away on purpose', () => {
    const exported = exportsOf(MODULES.main);
    expect(names(exported.filter(isValue))).toEqual(PUBLIC_VALUES);
    expect(names(exported.filter(each => !isValue(each)))).toEqual(PUBLIC_TYPES);
  });

  it('is no more than that under its other names', () => {
    expect([names(exportsOf(MODULES.telemetry)), names(exportsOf(MODULES.reqAuth))]).toEqual([TELEMETRY_NAMES, []]);
    const { exports } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { readonly exports: object };
    expect(Object.keys(exports)).toEqual(SUBPATHS);
  });
});
