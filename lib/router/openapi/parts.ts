/** The parts of an OpenAPI 3.1 document that are used here. https://spec.openapis.org/oas/v3.1.1 */

/** JSON Schema, dialect 2020-12. */
export type Schema = Readonly<Record<string, unknown>>;

export interface Header {
  readonly description: string;
  readonly required?: true;
  readonly schema: Schema;
}

export interface ApiResponse {
  readonly description: string;
  readonly headers: Readonly<Record<string, Header>>;
  /** None: there is no body. */
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly description: string;
  readonly schema: Schema;
}

/** One of several ways to be allowed in; an empty one means "in a way that OpenAPI has no word for, or not at all". */
export type SecurityRequirement = Readonly<Record<string, readonly string[]>>;

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly security: readonly SecurityRequirement[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, ApiResponse>>;
}

export type Method = 'get' | 'head' | 'post' | 'delete' | 'options';

export type PathItem = { readonly servers?: readonly Server[] } & Readonly<Partial<Record<Method, Operation>>>;

export interface Server {
  readonly url: string;
  readonly description?: string;
}

/** What a group of endpoints puts into the document. */
export interface ApiGroup {
  readonly tag: { readonly name: string; readonly description: string };
  /** By path, as seen from where the router is mounted. */
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly schemas: Readonly<Record<string, Schema>>;
  readonly securitySchemes: Readonly<Record<string, Schema>>;
}

/** A plain object with these members and no others; those whose name ends in `?` may be left out. */
export function closed(members: Readonly<Record<string, Schema>>): Schema {
  const names = Object.keys(members);
  const properties = Object.fromEntries(names.map(name => [name.replace(/\?$/, ''), members[name]]));
  return { type: 'object', required: names.filter(name => !name.endsWith('?')), properties, additionalProperties: false };
}

export function schema(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

export function constant(value: string | number | boolean | null): Schema {
  return { const: value };
}

export function text(description: string, more: Schema = {}): Schema {
  return { type: 'string', description, ...more };
}

/** A header that is always there. */
export function header(description: string, values: Schema = { type: 'string' }): Header {
  return { description, required: true, schema: values };
}

/** A header that is sometimes there. */
export function optionalHeader(description: string, values: Schema = { type: 'string' }): Header {
  return { description, schema: values };
}

/** RFC 7009 and RFC 7662 ask for it; everything that is said of tokens goes without saying so. */
const NO_STORE = { 'Cache-Control': header('Nothing here is for a cache to keep.', constant('no-store')) };

/** An answer that no cache keeps. */
export function answer(description: string, body?: Schema, headers: Readonly<Record<string, Header>> = {}): ApiResponse {
  return { description, headers: { ...NO_STORE, ...headers }, ...(body !== undefined && { content: { 'application/json': { schema: body } } }) };
}

export const RETRY_AFTER = { 'Retry-After': header('Seconds to wait.', { type: 'string', pattern: '^[1-9][0-9]*$' }) };

export function allow(methods: string): Readonly<Record<string, Header>> {
  return { Allow: header('The methods that this path takes.', constant(methods)) };
}

export function challenge(pattern: string): Readonly<Record<string, Header>> {
  return { 'WWW-Authenticate': header('How to authenticate (RFC 9110 section 11.6.1).', { type: 'string', pattern }) };
}
