import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { descriptionOf, OptionReader } from './option-reader.js';
import type { Call, NamedType, Option, Surface } from './types.js';

const ROOT = path.join(import.meta.dirname, '../../..');
const LIB = path.join(ROOT, 'lib') + path.sep;

/** What a parameter is called that takes options; `keys` are those of API keys. */
const PARAMETERS = new Set(['options', 'rules', 'page', 'groups', 'keys', 'query']);

/** Reads the types that are exported, with the compiler's help: whatever the package takes is told of, and nothing else can be. */
export function readSurface(): Surface {
  const { config } = ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), file => ts.sys.readFile(file)) as { readonly config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const entries = entryFiles();
  const program = ts.createProgram(entries, options);
  return new SurfaceReader(program.getTypeChecker()).read(entries.map(entry => program.getSourceFile(entry)));
}

/** The sources of all that the package can be imported by. */
function entryFiles(): readonly string[] {
  const { exports } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { readonly exports: Readonly<Record<string, unknown>> };
  const types = [...JSON.stringify(exports).matchAll(/"\.\/dist\/esm\/([\w/-]+)\.d\.ts"/g)].map(([, name = '']) => name);
  return types.map(name => path.join(LIB, `${name}.ts`));
}

class SurfaceReader {
  readonly #checker: ts.TypeChecker;
  readonly #options: OptionReader;
  readonly #types = new Map<string, NamedType>();
  /** Types that are not always taken in parts only: `Partial<ClaimsMapping>`. */
  readonly #whole = new Set<string>();

  constructor(checker: ts.TypeChecker) {
    this.#checker = checker;
    this.#options = new OptionReader(checker);
  }

  read(entries: readonly (ts.SourceFile | undefined)[]): Surface {
    // One that has side effects only, such as types for `req.auth`, is no module with exports.
    const modules = entries.map(entry => entry && this.#checker.getSymbolAtLocation(entry)).filter(module => module !== undefined);
    const exports = modules.flatMap(module => this.#checker.getExportsOfModule(module)).map(each => this.#target(each));
    if (exports.length === 0) throw new Error('The package exports nothing.');
    const functions = exports.flatMap(each => this.#function(each));
    const methods = exports.flatMap(each => (each.name === 'LiveTokens' ? this.#methods(each) : []));
    const exported = exports.filter(each => (each.flags & ts.SymbolFlags.Type) !== 0).map(({ name }) => name);
    // What nothing takes directly is still for a user to write.
    for (const each of exports) if (each.name.endsWith('Options')) this.#add(each);
    return { functions, methods, exported, types: new Map([...this.#types].map(([name, type]) => [name, this.#inParts(type)])) };
  }

  #target(symbol: ts.Symbol): ts.Symbol {
    return (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : this.#checker.getAliasedSymbol(symbol);
  }

  #function(symbol: ts.Symbol): readonly Call[] {
    const declarations = (symbol.declarations ?? []).filter(ts.isFunctionDeclaration);
    // Of overloads, the one that all calls go to.
    const [declaration] = [...declarations.filter(({ body }) => body !== undefined), ...declarations];
    return declaration === undefined ? [] : this.#call(symbol.name, descriptionOf(symbol, this.#checker), declaration);
  }

  #methods(symbol: ts.Symbol): readonly Call[] {
    const members = (symbol.declarations ?? []).filter(ts.isClassDeclaration).flatMap(({ members }) => [...members]);
    return members.filter(ts.isMethodDeclaration).flatMap(method => {
      const own = ts.isIdentifier(method.name) ? this.#checker.getSymbolAtLocation(method.name) : undefined;
      return own === undefined ? [] : this.#call(`live.${own.name}`, descriptionOf(own, this.#checker), method);
    });
  }

  #call(name: string, text: string, declaration: ts.FunctionDeclaration | ts.MethodDeclaration): readonly Call[] {
    const { parameters } = declaration;
    const calledAs = parameters.map(nameOf);
    const takes: string[] = [];
    const inline: Option[] = [];
    for (const [i, parameter] of parameters.entries()) {
      if (parameter.type === undefined || !PARAMETERS.has(calledAs[i] ?? '')) continue;
      takes.push(...this.#follow(parameter.type));
      inline.push(...this.#options.literalsIn(parameter.type));
    }
    if (takes.length === 0 && inline.length === 0) return [];
    const said = ts.getJSDocTags(declaration).filter(ts.isJSDocParameterTag).filter(tag => PARAMETERS.has(tag.name.getText()));
    const about = said.map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '').join(' ').replaceAll(/\s+/g, ' ').trim();
    return [{ title: `${name}(${calledAs.join(', ')})`, text, takes, inline, about }];
  }

  /** Adds the types of the library that are named here, and those that they name. */
  #follow(node: ts.Node): readonly string[] {
    const references = this.#options.referencesIn(node).map(({ name, isPartial }) => ({ symbol: this.#target(name), isPartial }));
    const own = references.filter(({ symbol }) => symbol.declarations?.some(each => each.getSourceFile().fileName.startsWith(LIB)));
    for (const { symbol, isPartial } of own) {
      if (!isPartial) this.#whole.add(symbol.name);
      this.#add(symbol);
    }
    return [...new Set(own.map(({ symbol }) => symbol.name))];
  }

  #add(symbol: ts.Symbol): void {
    if (this.#types.has(symbol.name)) return;
    const declaration = symbol.declarations?.find(each => ts.isInterfaceDeclaration(each) || ts.isTypeAliasDeclaration(each));
    if (declaration === undefined) return;
    const text = descriptionOf(symbol, this.#checker);
    const nothing = { name: symbol.name, text, options: [], includes: [], definition: undefined };
    this.#types.set(symbol.name, nothing);
    if (ts.isTypeAliasDeclaration(declaration)) {
      this.#types.set(symbol.name, { ...nothing, definition: this.#options.definitionOf(declaration) });
      this.#follow(declaration.type);
    } else if (declaration.members.every(ts.isPropertySignature)) {
      const includes = this.#includedIn(declaration);
      const options = this.#options.optionsOf(symbol, new Set(includes));
      this.#types.set(symbol.name, { ...nothing, options, includes });
      for (const member of declaration.members) this.#follow(member);
    }
  }

  #includedIn({ heritageClauses = [] as unknown as ts.NodeArray<ts.HeritageClause> }: ts.InterfaceDeclaration): readonly string[] {
    const plain = heritageClauses.flatMap(({ types }) => [...types]).filter(({ typeArguments }) => typeArguments === undefined);
    for (const clause of heritageClauses) this.#follow(clause);
    return plain.flatMap(({ expression }) => {
      const symbol = this.#checker.getSymbolAtLocation(expression);
      if (symbol === undefined) return [];
      this.#whole.add(this.#target(symbol).name);
      this.#add(this.#target(symbol));
      return [this.#target(symbol).name];
    });
  }

  /** What is only ever taken in parts has nothing that is required. */
  #inParts(type: NamedType): NamedType {
    return this.#whole.has(type.name) ? type : { ...type, options: type.options.map(option => ({ ...option, isRequired: false })) };
  }
}

/** What is taken apart at once has no name: options, or something of a named type. */
function nameOf({ name, type }: ts.ParameterDeclaration): string {
  if (ts.isIdentifier(name)) return name.text;
  const called = type !== undefined && ts.isTypeReferenceNode(type) ? type.typeName.getText() : 'Options';
  return called.endsWith('Options') ? 'options' : called.charAt(0).toLowerCase() + called.slice(1);
}
