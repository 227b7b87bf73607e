// The operations of a description: one for each path and method, with what belongs to it.
import { type Result, err, ok } from '../../core/result.ts';
import { BodyRules } from './body-rules.ts';
import type { Checker } from './checker.ts';
import { type ApiDocument, type Dictionary, followed, isDictionary, listIn, mapIn } from './document.ts';
import { type Parameter, parametersOf } from './parameters.ts';
import { type FoundPath, PathTree } from './path-tree.ts';

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
const MOST_OPERATIONS = 5000;

export type Operation = {
  /** For people: `GET /users/{id}`. */
  readonly title: string;
  readonly parameters: readonly Parameter[];
  /** Null: it takes none. */
  readonly body: BodyRules | null;
  readonly isBodyRequired: boolean;
  /** By status, `2XX` or `default`. */
  readonly responses: ReadonlyMap<string, BodyRules>;
};

type Methods = ReadonlyMap<string, Operation>;

export class Operations {
  private readonly tree = new PathTree<Methods>();
  private readonly bases: readonly string[];
  private readonly all: Operation[] = [];

  private constructor(document: ApiDocument, basePath: string | null) {
    this.bases = basePath === null ? basesOf(document) : [basePath];
  }

  /** The error says what is wrong, for people. `basePath` null: what the servers of the description say. */
  static of(document: ApiDocument, basePath: string | null): Result<Operations, string> {
    const operations = new Operations(document, basePath);
    for (const [path, item] of Object.entries(mapIn(document.root, 'paths'))) {
      if (!path.startsWith('/')) continue; // an extension
      const methods = methodsOf(document, path, item);
      if (!methods.ok) return methods;
      const added = operations.tree.add(path, methods.value);
      if (!added.ok) return added;
      operations.all.push(...methods.value.values());
      if (operations.all.length > MOST_OPERATIONS) return err(`it has more than ${MOST_OPERATIONS} operations`);
    }
    return ok(operations);
  }

  /** `path`: the whole one. */
  find(path: string): FoundPath<Methods> | null {
    for (const base of this.bases) {
      const rest = path.startsWith(`${base}/`) ? path.slice(base.length) : null;
      const found = rest === null ? null : this.tree.find(rest);
      if (found !== null) return found;
    }
    return null;
  }

  /** Looks at all schemas beforehand. The error says what is wrong with one. */
  examine(checker: Checker): Result<null, string> {
    for (const operation of this.all) {
      const problem = problemOf(operation, checker);
      if (problem !== null) return err(`${operation.title}: ${problem}`);
    }
    return ok(null);
  }
}

function problemOf({ parameters, body, responses }: Operation, checker: Checker): string | null {
  const rules = [...(body?.all ?? []), ...Array.from(responses.values(), ({ all }) => [...all]).flat()];
  const bodies = rules.map(({ schema }) => schema);
  const all = [...parameters.map(({ described }) => described), ...bodies];
  try {
    for (const schema of all) if (schema !== undefined) checker.examine(schema);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function methodsOf(document: ApiDocument, path: string, item: unknown): Result<Methods, string> {
  try {
    return ok(methodsIn(document, item, path));
  } catch (error) {
    return err(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function methodsIn(document: ApiDocument, item: unknown, path: string): Methods {
  const all = followed(document, item);
  const common = listIn(all, 'parameters');
  return new Map(
    METHODS.flatMap((method) => {
      const described = all[method];
      if (!isDictionary(described)) return [];
      const name = method.toUpperCase();
      return [[name, operationOf(document, `${name} ${path}`, { described, common })] as const];
    }),
  );
}

function operationOf(
  document: ApiDocument,
  title: string,
  { described, common }: { readonly described: Dictionary; readonly common: readonly unknown[] },
): Operation {
  const hasBody = 'requestBody' in described;
  const body = followed(document, described['requestBody']);
  const responses = Object.entries(mapIn(described, 'responses'));
  return {
    title,
    parameters: parametersOf(document, [common, listIn(described, 'parameters')]),
    body: hasBody ? new BodyRules(document, body) : null,
    isBodyRequired: body['required'] === true,
    responses: new Map(responses.map(([status, one]) => [status, new BodyRules(document, followed(document, one))])),
  };
}

/** The paths of the servers, such as `/v1` of `https://api.example.com/v1`. */
function basesOf({ root }: ApiDocument): readonly string[] {
  const urls = listIn(root, 'servers').map((server) => (isDictionary(server) ? urlOf(server) : '/'));
  const bases = urls.map((url) => new URL(url, 'http://x/').pathname.replace(/\/+$/, ''));
  // The longest first: `/v1` is no path of a server at `/`.
  return bases.length === 0 ? [''] : [...new Set(bases)].toSorted((one, other) => other.length - one.length);
}

function urlOf(server: Dictionary): string {
  const variables = mapIn(server, 'variables');
  const { url: given } = server;
  const url = (typeof given === 'string' ? given : '/').replaceAll(/\{([^{}]+)\}/g, (_, name: string) => {
    const { default: usual } = mapIn(variables, name);
    return typeof usual === 'string' ? usual : '';
  });
  return URL.canParse(url, 'http://x/') ? url : '/';
}
