import ts from 'typescript';
import type { Option } from './types.js';

/** What the docstring says, in one line. */
export function descriptionOf(symbol: ts.Symbol, checker: ts.TypeChecker): string {
  return inOneLine(ts.displayPartsToString(symbol.getDocumentationComment(checker)));
}

interface Reference {
  readonly name: ts.Symbol;
  /** Stands within `Partial<>`. */
  readonly isPartial: boolean;
}

const FLAGS = (ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias | ts.TypeFormatFlags.UseSingleQuotesForStringLiteralType) as ts.TypeFormatFlags;

/** Options as they stand in interfaces and in types without a name. */
export class OptionReader {
  readonly #checker: ts.TypeChecker;

  constructor(checker: ts.TypeChecker) {
    this.#checker = checker;
  }

  /** Own ones and inherited ones, but for those of the types that are told of by themselves. */
  optionsOf(symbol: ts.Symbol, except: ReadonlySet<string>): readonly Option[] {
    const properties = this.#checker.getPropertiesOfType(this.#checker.getDeclaredTypeOfSymbol(symbol));
    return properties.filter(property => !except.has(ownerOf(property))).flatMap(property => this.#option(property));
  }

  /** Of `{ readonly limit?: number }`, be it alone or within an intersection. */
  literalsIn(node: ts.TypeNode): readonly Option[] {
    const parts: readonly ts.TypeNode[] = ts.isIntersectionTypeNode(node) ? node.types : [node];
    const literals = parts.filter(ts.isTypeLiteralNode);
    return literals.flatMap(({ members }) => members.filter(ts.isPropertySignature)).flatMap(member => {
      const symbol = this.#checker.getSymbolAtLocation(member.name);
      return symbol === undefined ? [] : this.#option(symbol);
    });
  }

  referencesIn(node: ts.Node, isPartial = false): readonly Reference[] {
    const own = ts.isTypeReferenceNode(node) ? node.typeName : ts.isExpressionWithTypeArguments(node) ? node.expression : undefined;
    const name = own && this.#checker.getSymbolAtLocation(own);
    const within = name?.name === 'Partial';
    const inner = node.getChildren().flatMap(child => this.referencesIn(child, within || (isPartial && name === undefined)));
    return name === undefined ? inner : [{ name, isPartial }, ...inner];
  }

  definitionOf({ type }: ts.TypeAliasDeclaration): string {
    const resolved = this.#checker.getTypeFromTypeNode(type);
    // `(typeof ALGORITHMS)[number]` says nothing to a reader.
    const isComputed = ts.isIndexedAccessTypeNode(type) || type.getText().startsWith('Exclude<');
    return tidy(isComputed ? this.#checker.typeToString(resolved, undefined, FLAGS) : type.getText());
  }

  #option(property: ts.Symbol): readonly Option[] {
    const declaration = property.declarations?.find(ts.isPropertySignature);
    if (declaration?.type === undefined) return [];
    return [{
      name: property.name,
      type: tidy(declaration.type.getText()).replace(/ \| undefined$/, ''),
      isRequired: (property.flags & ts.SymbolFlags.Optional) === 0,
      text: descriptionOf(property, this.#checker),
      names: [...new Set(this.referencesIn(declaration.type).map(({ name }) => name.name))],
    }];
  }
}

function ownerOf(property: ts.Symbol): string {
  const parent = property.declarations?.[0]?.parent;
  return parent !== undefined && ts.isInterfaceDeclaration(parent) ? parent.name.text : '';
}

function tidy(type: string): string {
  return inOneLine(type).replaceAll(/\breadonly /g, '').replace(/^\| /, '').replaceAll(/,? \)/g, ')').replaceAll('( ', '(');
}

function inOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
