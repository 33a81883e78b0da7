/** What the page is made of. Texts are those of the docstrings, in one line each. */

export interface Option {
  readonly name: string;
  /** As it is written in the source, without `readonly` and `undefined`. */
  readonly type: string;
  readonly isRequired: boolean;
  readonly text: string;
  /** Types of the library that its type names. */
  readonly names: readonly string[];
}

/** A named type: with options where it is an object of them, with its definition where it is anything else. */
export interface NamedType {
  readonly name: string;
  readonly text: string;
  readonly options: readonly Option[];
  /** Types whose options it has as well. */
  readonly includes: readonly string[];
  readonly definition: string | undefined;
}

/** A function or method that takes options. */
export interface Call {
  /** As it is called: `redisStore(client, options)`, `live.revoke(what, options)`. */
  readonly title: string;
  readonly text: string;
  /** Named types of its options. */
  readonly takes: readonly string[];
  /** Options that it takes without a name for their type. */
  readonly inline: readonly Option[];
  /** What the docstring of the call says of its options. */
  readonly about: string;
}

export interface Surface {
  readonly functions: readonly Call[];
  readonly methods: readonly Call[];
  readonly types: ReadonlyMap<string, NamedType>;
  /** Names of all types that the package exports. */
  readonly exported: readonly string[];
}
