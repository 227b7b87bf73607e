// The description of the admin API as OpenAPI 3.1 (spec.openapis.org/oas/v3.1.1), made of what its endpoints say.
import { z } from 'zod';
import type { AdminEndpoint } from './contract.ts';
import { schemaOf } from './described.ts';
import { isChange, scopeOf } from './rights.ts';

/** A part of a JSON document. */
export type JsonMap = { readonly [key: string]: unknown };

// Of the interface, not of the program: whoever asks without a token learns nothing of the gateway.
const INTERFACE_VERSION = '1.0.0';

const DESCRIPTION =
  'Each operation names the scope that a token must have. Where no tokens are configured, requests made on the machine of the gateway need none. A token for certain tenants sees and touches nothing of others. No answer may be cached.';

const SECURITY_SCHEMES: JsonMap = {
  bearer: { type: 'http', scheme: 'bearer', description: 'One of `admin.tokens`.' },
  cookie: {
    type: 'apiKey',
    in: 'cookie',
    name: 'keystone_session',
    description:
      'What `POST /login` sets. A change by it needs the field `X-Keystone-Request`, with any value, and `Origin` or `Sec-Fetch-Site` as browsers send them for a page of the same origin.',
  },
};

/** The whole document. */
export async function openApiOf(endpoints: readonly AdminEndpoint[]): Promise<JsonMap> {
  const shared = new SharedSchemas();
  const paths: Record<string, Record<string, JsonMap>> = {};
  for (const endpoint of endpoints) {
    const operations = (paths[endpoint.path] ??= {});
    operations[endpoint.method.toLowerCase()] = await operationOf(endpoint, shared);
  }
  const problem = shared.refer((await import('./shapes/problem-details.ts')).problemDetails);
  return {
    openapi: '3.1.1',
    info: { title: 'Keystone Gateway admin API', version: INTERFACE_VERSION, description: DESCRIPTION },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: shared.all,
      responses: {
        Problem: {
          description: 'It is refused, and the problem says why (RFC 9457).',
          content: { 'application/problem+json': { schema: problem } },
        },
      },
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

async function operationOf(endpoint: AdminEndpoint, shared: SharedSchemas): Promise<JsonMap> {
  const { summary, input, access } = endpoint;
  const parameters = [...pathParameters(endpoint), ...(await queryParameters(endpoint, shared)), ...fieldsOf(endpoint)];
  const body = input === undefined ? null : shared.refer(await schemaOf(input));
  const scope = scopeOf(endpoint);
  return {
    operationId: operationId(endpoint),
    description: summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === null ? {} : { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: await responsesOf(endpoint, shared),
    security: access === 'operator' ? [{ bearer: [scope] }, { cookie: [scope] }] : [],
  };
}

/** `getBackendsByTenantByBackend`, for those who make clients of the document. */
function operationId({ method, path }: AdminEndpoint): string {
  const words = path.split(/[/.-]/).filter((word) => word !== '');
  const named = words.map((word) => {
    const [, parameter] = /^\{(\w+)\}$/.exec(word) ?? [];
    return parameter === undefined ? capital(word) : `By${capital(parameter)}`;
  });
  return method.toLowerCase() + named.join('');
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

function pathParameters({ path }: AdminEndpoint): readonly JsonMap[] {
  return Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

async function queryParameters({ parameters }: AdminEndpoint, shared: SharedSchemas): Promise<readonly JsonMap[]> {
  if (parameters === undefined) return [];
  return Object.entries((await schemaOf(parameters)).shape).map(([name, schema]: [string, z.core.$ZodType]) => {
    const { description, ...shape } = shared.refer(schema);
    const isOptional = z.object({ one: schema }).safeParse({}).success;
    return {
      name,
      in: 'query',
      ...(description === undefined ? {} : { description }),
      ...(isOptional ? {} : { required: true }),
      schema: shape,
    };
  });
}

function fieldsOf(endpoint: AdminEndpoint): readonly JsonMap[] {
  if (endpoint.access !== 'operator' || endpoint.method === 'GET') return [];
  const description = `Needed with the cookie${isChange(endpoint) ? '' : ', although nothing is changed'}.`;
  return [{ name: 'X-Keystone-Request', in: 'header', description, schema: { type: 'string' } }];
}

async function responsesOf(endpoint: AdminEndpoint, shared: SharedSchemas): Promise<JsonMap> {
  const { output, media, otherStatuses = [] } = endpoint;
  const shape = output === undefined ? null : shared.refer(await schemaOf(output));
  const content = media === undefined ? { 'application/json': { schema: shape ?? {} } } : { [media]: textOf(shape) };
  const answers = [200, ...otherStatuses].map((status) => {
    const description =
      status === 200 ? 'It is done, or found.' : 'The same, of a gateway that should get no requests.';
    return [String(status), { description, content }] as const;
  });
  return { ...Object.fromEntries(answers), default: { $ref: '#/components/responses/Problem' } };
}

// OpenAPI 3.1 has no words for streams of events: what the data of each is stands beside.
function textOf(event: JsonMap | null): JsonMap {
  return { schema: { type: 'string' }, ...(event === null ? {} : { 'x-event-data': event }) };
}

/** Schemas with a name stand once, and are referred to. */
class SharedSchemas {
  private readonly known: Record<string, JsonMap> = {};

  get all(): JsonMap {
    return Object.fromEntries(Object.entries(this.known).toSorted(([one], [other]) => (one < other ? -1 : 1)));
  }

  /** The schema where it is used: a reference, if it has a name. */
  refer(schema: z.core.$ZodType): JsonMap {
    const made = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', override: simplify });
    const {
      $schema: _,
      $defs = {},
      ...own
    } = mapIn(JSON.parse(JSON.stringify(made).replaceAll(OWN_PLACE, THEIR_PLACE)));
    for (const [name, shape] of Object.entries(mapIn($defs))) this.known[name] ??= mapIn(shape);
    return own;
  }
}

const OWN_PLACE = '#/$defs/';
const THEIR_PLACE = '#/components/schemas/';

// A format says what its long pattern does, and nobody reckons with the bounds of safe integers.
function simplify({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  // The name is where it stands.
  delete jsonSchema.id;
}

function mapIn(value: unknown): JsonMap {
  if (isMap(value)) return value;
  throw new Error('no map');
}

function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
