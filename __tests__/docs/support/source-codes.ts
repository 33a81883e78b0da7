import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** What the library's source says of its codes. Read from the source, because types are gone when it runs. */

const ROOT = path.join(__dirname, '../../../lib');

const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.ts'))
  .sort()
  .map(name => ts.createSourceFile(name, readFileSync(path.join(ROOT, name), 'utf8'), ts.ScriptTarget.ES2022, true));

function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* nodesOf(child);
}

const nodes = files.flatMap(file => [...nodesOf(file)]);

/** Unions of texts, by name. */
const unions = new Map<string, readonly string[]>();
for (const node of nodes.filter(ts.isTypeAliasDeclaration)) {
  const members = ts.isUnionTypeNode(node.type) ? node.type.types : [node.type];
  const texts = members.map(member => (ts.isLiteralTypeNode(member) && ts.isStringLiteral(member.literal) ? member.literal.text : undefined));
  if (texts.every(text => text !== undefined)) unions.set(node.name.text, texts);
}

export function unionOf(name: string): readonly string[] {
  const found = unions.get(name);
  if (found === undefined) throw new Error(`lib has no union of texts called ${name}.`);
  return found;
}

export function unionsNamed(pattern: RegExp): readonly string[] {
  return [...unions.keys()].filter(name => pattern.test(name));
}

/** All texts in the library that look like this. */
export function textsLike(pattern: RegExp): ReadonlySet<string> {
  return new Set(nodes.filter(ts.isStringLiteralLike).map(({ text }) => text).filter(text => pattern.test(text)));
}

/** Where the process is warned without a code that this package stands for. */
export function warningsWithoutCode(): readonly string[] {
  const calls = nodes.filter(ts.isCallExpression).filter(({ expression }) => expression.getText() === 'process.emitWarning');
  if (calls.length === 0) throw new Error('lib warns nowhere: this looks for the wrong thing.');
  return calls.filter(call => !/\{ code: 'LIVETOKEN_[A-Z_]+' \}$/.test(call.arguments[1]?.getText() ?? '')).map(call => `${call.getSourceFile().fileName}: ${call.getText()}`);
}

/** The numbers under which the session endpoints send their codes. */
export function sessionCodes(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    objectCalled('ERRORS', 'router/sessions/session-error.ts').properties.filter(ts.isPropertyAssignment).map(property => [property.name.getText(), textOf(property.initializer, 'errorCode')]),
  );
}

function objectCalled(name: string, fileName: string): ts.ObjectLiteralExpression {
  const file = files.find(each => each.fileName === fileName);
  const found = (file === undefined ? [] : [...nodesOf(file)]).filter(ts.isVariableDeclaration).find(declaration => declaration.name.getText() === name);
  if (found?.initializer === undefined || !ts.isObjectLiteralExpression(found.initializer)) throw new Error(`lib/${fileName} has no object ${name}.`);
  return found.initializer;
}

function textOf(node: ts.Expression, member: string): string {
  const found = ts.isObjectLiteralExpression(node) ? node.properties.filter(ts.isPropertyAssignment).find(({ name }) => name.getText() === member) : undefined;
  if (found === undefined || !ts.isStringLiteral(found.initializer)) throw new Error(`No text ${member} in ${node.getText()}.`);
  return found.initializer.text;
}

/** Texts that the guard puts into `error` itself, besides the codes of RFC 6750. */
function guardBodies(): readonly string[] {
  const inGuard = nodes.filter(ts.isPropertyAssignment).filter(node => node.getSourceFile().fileName.startsWith('guard/') && node.name.getText() === 'error');
  return inGuard.map(({ initializer }) => initializer).filter(ts.isStringLiteral).map(({ text }) => text);
}

interface ErrorClass {
  readonly code: string;
  readonly status: number;
}

/** The errors of lib/errors.ts that have a code. */
function errorClasses(): Readonly<Record<string, ErrorClass>> {
  const classes = nodes.filter(ts.isClassDeclaration).filter(({ heritageClauses }) => heritageClauses?.some(clause => /\bLivetokenError\b/.test(clause.getText())));
  return Object.fromEntries(classes.map(({ name, members }) => {
    const value = (member: string): string => members.filter(ts.isPropertyDeclaration).find(each => each.name.getText() === member)?.initializer?.getText() ?? '';
    return [name?.text ?? '', { code: value('code').replaceAll("'", ''), status: Number(value('status')) }];
  }));
}

export const LIBRARY = { guardBodies: guardBodies(), errors: errorClasses() } as const;
