import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { OpenApiDocument } from '../../lib/index.js';
import type { ApiResponse, Header, Operation, PathItem, Schema } from '../../lib/router/openapi/parts.js';

/** A request, and how it was answered. Header names in lower case; `path` as seen from where the router is mounted. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Those that mean something to a client: there only where the document says so. */
const TELLING = [
  ...['www-authenticate', 'retry-after', 'allow', 'location', 'set-cookie'],
  ...['access-control-allow-origin', 'access-control-allow-methods', 'access-control-allow-headers', 'access-control-allow-credentials'],
];

/** An OpenAPI document, as what answers are checked against. */
export class Contract {
  static readonly #known = new Map<string, Contract>();
  readonly #document: OpenApiDocument;
  readonly #validators = new Map<Schema, ValidateFunction>();
  readonly #ajv = new Ajv2020({ strict: true, strictTypes: false, formats: { uri: /^https?:/, uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/ } });

  private constructor(document: OpenApiDocument) {
    this.#document = document;
    this.#ajv.addVocabulary(['components']);
  }

  /** Compiling schemas takes a while, and many routers have the same document. */
  static of(document: OpenApiDocument): Contract {
    const text = JSON.stringify(document);
    const contract = Contract.#known.get(text) ?? new Contract(document);
    Contract.#known.set(text, contract);
    return contract;
  }

  /** What of this answer the document does not allow. */
  faults(exchange: Exchange): string[] {
    const { method, path, status } = exchange;
    const item = this.#itemOf(path);
    const found = item === undefined ? 'a path that is not described' : (responseTo(exchange, item) ?? 'a status that is not described');
    const faults = typeof found === 'string' ? [found] : [...this.#headerFaults(exchange, found), ...this.#bodyFaults(exchange, found)];
    return faults.map(fault => `${method} ${path} was answered ${status}: ${fault}`);
  }

  /** Compiles all that is in the document: throws where something is no schema. */
  compileAll(): void {
    for (const item of Object.values(this.#document.paths)) {
      for (const operation of operationsOf(item)) {
        for (const { headers, content = {} } of Object.values(operation.responses)) {
          for (const { schema } of [...Object.values(headers), ...Object.values(content)]) this.#validator(schema);
        }
      }
    }
    for (const schema of Object.values(this.#document.components.schemas)) this.#validator(schema);
  }

  #itemOf(path: string): PathItem | undefined {
    const plain = path.replace(/\/$/, '');
    const names = Object.keys(this.#document.paths);
    const name = names.find(each => new RegExp(`^${each.split(/\{\w+\}/).map(literal).join('[^/]+')}$`, 'i').test(plain));
    return name === undefined ? undefined : this.#document.paths[name];
  }

  *#headerFaults({ headers }: Exchange, response: ApiResponse): Generator<string> {
    const described = new Map<string, Header>(Object.entries(response.headers).map(([name, header]) => [name.toLowerCase(), header]));
    for (const [name, { required = false, schema }] of described) {
      const value = headers[name];
      if (value === undefined && required) yield `it lacks the header ${name}`;
      if (value !== undefined) yield* this.#schemaFaults(value, schema, `header ${name}`);
    }
    yield* TELLING.filter(name => headers[name] !== undefined && !described.has(name)).map(name => `the header ${name} is not described`);
  }

  *#bodyFaults({ method, headers, body }: Exchange, { content }: ApiResponse): Generator<string> {
    const type = headers['content-type']?.replace(/\s*;.*$/, '');
    if (content === undefined) {
      if (body !== '' || type !== undefined) yield 'it has a body where none is described';
      return;
    }
    const described = type === undefined ? undefined : content[type];
    if (described === undefined) yield `a body of type ${String(type)} is not described`;
    else if (method !== 'HEAD') yield* this.#schemaFaults(type === 'application/json' ? JSON.parse(body) : body, described.schema, 'body');
  }

  *#schemaFaults(value: unknown, schema: Schema, what: string): Generator<string> {
    const validate = this.#validator(schema);
    if (!validate(value)) yield `${what} ${this.#ajv.errorsText(validate.errors)}`;
  }

  #validator(schema: Schema): ValidateFunction {
    const validator = this.#validators.get(schema) ?? this.#ajv.compile({ allOf: [schema], components: this.#document.components });
    this.#validators.set(schema, validator);
    return validator;
  }
}

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

function operationsOf({ get, head, post, delete: remove, options }: PathItem): readonly Operation[] {
  return [get, head, post, remove, options].filter(each => each !== undefined);
}

/** Methods that are not described are refused as such, unless the path cannot even be decoded. */
function responseTo({ method, path, status }: Exchange, item: PathItem): ApiResponse | undefined {
  const operation = (item as Readonly<Record<string, Operation | undefined>>)[method.toLowerCase()];
  if (operation !== undefined) return status === 405 ? undefined : operation.responses[status];
  const isRefusal = status === 405 || (!isDecodable(path) && (status === 400 || status === 422));
  return isRefusal ? operationsOf(item)[0]?.responses[status] : undefined;
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
