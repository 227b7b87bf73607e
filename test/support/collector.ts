// A collector of traces: takes what OTLP brings over HTTP, and reads it by the schema that OpenTelemetry has published.
import { createFileRegistry, fromBinary, fromJson, toJson } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { z } from 'zod';
import { freePort } from './ports.ts';

type Field = readonly [name: string, number: number, type: string, isRepeated?: boolean];

const PACKAGE = 'opentelemetry';
// The parts of opentelemetry/proto/{common,resource,trace,collector/trace}/v1 that are looked at.
const MESSAGES: Readonly<Record<string, readonly Field[]>> = {
  Request: [['resource_spans', 1, 'ResourceSpans', true]],
  ResourceSpans: [
    ['resource', 1, 'Resource'],
    ['scope_spans', 2, 'ScopeSpans', true],
  ],
  Resource: [['attributes', 1, 'KeyValue', true]],
  ScopeSpans: [
    ['scope', 1, 'Scope'],
    ['spans', 2, 'Span', true],
  ],
  Scope: [
    ['name', 1, 'STRING'],
    ['version', 2, 'STRING'],
  ],
  Span: [
    ['trace_id', 1, 'BYTES'],
    ['span_id', 2, 'BYTES'],
    ['trace_state', 3, 'STRING'],
    ['parent_span_id', 4, 'BYTES'],
    ['name', 5, 'STRING'],
    ['kind', 6, 'INT32'],
    ['start_time_unix_nano', 7, 'FIXED64'],
    ['end_time_unix_nano', 8, 'FIXED64'],
    ['attributes', 9, 'KeyValue', true],
    ['status', 15, 'Status'],
    ['flags', 16, 'FIXED32'],
  ],
  Status: [
    ['message', 2, 'STRING'],
    ['code', 3, 'INT32'],
  ],
  KeyValue: [
    ['key', 1, 'STRING'],
    ['value', 2, 'AnyValue'],
  ],
  AnyValue: [
    ['string_value', 1, 'STRING'],
    ['bool_value', 2, 'BOOL'],
    ['int_value', 3, 'INT64'],
    ['double_value', 4, 'DOUBLE'],
  ],
};

function fieldOf([name, number, type, isRepeated = false]: Field) {
  const label = isRepeated ? 'LABEL_REPEATED' : 'LABEL_OPTIONAL';
  const isMessage = type in MESSAGES;
  const kind = isMessage ? { type: 'TYPE_MESSAGE', typeName: `.${PACKAGE}.${type}` } : { type: `TYPE_${type}` };
  const jsonName = name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return { name, jsonName, number, label, ...kind };
}

const registry = createFileRegistry(
  fromJson(FileDescriptorSetSchema, {
    file: [
      {
        name: 'trace.proto',
        package: PACKAGE,
        syntax: 'proto3',
        messageType: Object.entries(MESSAGES).map(([name, fields]) => ({ name, field: fields.map(fieldOf) })),
      },
    ],
  }),
);

const anyValue = z
  .object({
    stringValue: z.string().optional(),
    boolValue: z.boolean().optional(),
    intValue: z.string().optional(),
    doubleValue: z.number().optional(),
  })
  .transform(({ stringValue, boolValue, intValue, doubleValue }) =>
    intValue === undefined ? (stringValue ?? boolValue ?? doubleValue ?? '') : Number(intValue),
  );
const attributes = z
  .array(z.object({ key: z.string(), value: anyValue.default('') }))
  .default([])
  .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, value])));
const id = z
  .string()
  .default('')
  .transform((text) => Buffer.from(text, 'base64').toString('hex'));
const time = z
  .string()
  .default('0')
  .transform((text) => BigInt(text));
const span = z
  .object({
    traceId: id,
    spanId: id,
    parentSpanId: id,
    traceState: z.string().default(''),
    name: z.string(),
    kind: z.number(),
    startTimeUnixNano: time,
    endTimeUnixNano: time,
    attributes,
    status: z.object({ code: z.number().default(0) }).default({ code: 0 }),
    flags: z.number().default(0),
  })
  .transform(({ startTimeUnixNano: start, endTimeUnixNano: end, parentSpanId: parentId, ...rest }) => ({
    ...rest,
    parentId,
    start,
    end,
  }));
const request = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(z.object({ scope: z.object({ name: z.string() }), spans: z.array(span) })),
    }),
  ),
});

export type CollectedSpan = z.output<typeof span> & { readonly resource: Record<string, string | number | boolean> };

/** As the kinds of spans are numbered on the wire. */
export const INTERNAL = 1;
export const SERVER = 2;
export const CLIENT = 3;

/** A collector in this process. Disposing stops it. */
export class Collector implements Disposable {
  readonly spans: CollectedSpan[] = [];
  /** Posts that have come, taken or not. */
  posts = 0;
  /** Spans of each post. */
  readonly batches: number[] = [];
  readonly headers: Record<string, string>[] = [];
  private readonly server: ReturnType<typeof Bun.serve>;

  constructor(
    /** What it says; null: it takes what has come. */
    public answer: (posts: number) => Response | Promise<Response> | null = () => null,
    port = freePort(),
  ) {
    this.server = Bun.serve({ hostname: '127.0.0.1', port, idleTimeout: 0, fetch: (post) => this.take(post) });
  }

  get port(): number {
    return this.server.port ?? 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  private async take(post: Request): Promise<Response> {
    this.posts++;
    this.headers.push(Object.fromEntries(post.headers));
    const bytes = await post.bytes();
    const said = this.answer(this.posts);
    if (said !== null) return said;
    if (new URL(post.url).pathname !== '/v1/traces') return new Response('no such path', { status: 404 });
    const found = read(bytes);
    this.batches.push(found.length);
    this.spans.push(...found);
    return new Response(new Uint8Array(0), { headers: { 'Content-Type': 'application/x-protobuf' } });
  }

  /** Those of one kind. */
  of(kind: number): readonly CollectedSpan[] {
    return this.spans.filter((one) => one.kind === kind);
  }

  [Symbol.dispose](): void {
    void this.server.stop(true);
  }
}

function read(bytes: Uint8Array): readonly CollectedSpan[] {
  const schema = registry.getMessage(`${PACKAGE}.Request`);
  if (schema === undefined) throw new Error('the schema has no such message');
  const { resourceSpans } = request.parse(toJson(schema, fromBinary(schema, bytes)));
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map((one) => ({ ...one, resource: resource.attributes }))),
  );
}
