// Spans as collectors take them (OTLP), by OpenTelemetry's own packages. They are loaded by the first process that takes part in
// traces: in a checkout that takes 70 ms.
import type * as Api from '@opentelemetry/api';
import type { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { Resource } from '@opentelemetry/resources';
import { VERSION } from '../../core/version.ts';
import type { Span } from './span.ts';

type Serializer = typeof ProtobufTraceSerializer;
type ReadableSpan = Parameters<Serializer['serializeRequest']>[0][number];

/** What a collector has said to a batch that it has taken. */
type Taken = {
  /** Spans of it that it has refused. */
  readonly rejected: number;
  readonly reason: string;
};

export type SpanEncoder = {
  encode(spans: readonly Span[]): Uint8Array;
  /** Reads its answer. */
  taken(answer: Uint8Array): Taken;
};

/** Who sends spans. */
export type SpanSource = {
  readonly serviceName: string;
  /** Tells processes apart. */
  readonly instance: string;
  readonly attributes: Readonly<Record<string, string>>;
};

const SCOPE = { name: 'keystone-gateway', version: VERSION };

export async function createSpanEncoder({ serviceName, instance, attributes }: SpanSource): Promise<SpanEncoder> {
  // Where all sources are one file, as in the package, a plain import would be loaded when the program starts.
  const [api, { ProtobufTraceSerializer: serializer }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/otlp-transformer'),
    import('@opentelemetry/resources'),
  ]);
  const resource = resourceFromAttributes({
    'service.name': serviceName,
    'service.version': VERSION,
    'service.instance.id': instance,
    'process.pid': process.pid,
    ...attributes,
  });
  return new Encoder(api, serializer, resource);
}

class Encoder implements SpanEncoder {
  private readonly kinds: Readonly<Record<Span['kind'], Api.SpanKind>>;

  constructor(
    private readonly api: typeof Api,
    private readonly serializer: Serializer,
    private readonly resource: Resource,
  ) {
    const { INTERNAL: internal, SERVER: server, CLIENT: client } = api.SpanKind;
    this.kinds = { internal, server, client };
  }

  encode(spans: readonly Span[]): Uint8Array {
    const bytes = this.serializer.serializeRequest(spans.map((span) => this.readable(span)));
    if (bytes === undefined) throw new Error('the spans could not be encoded');
    return bytes;
  }

  taken(answer: Uint8Array): Taken {
    const { partialSuccess } = this.serializer.deserializeResponse(answer);
    return { rejected: partialSuccess?.rejectedSpans ?? 0, reason: partialSuccess?.errorMessage ?? '' };
  }

  private readable(span: Span): ReadableSpan {
    const { traceId, parentId, flags: traceFlags, start, end, state } = span;
    const { createTraceState, SpanStatusCode } = this.api;
    const own = { traceId, spanId: span.spanId, traceFlags };
    const context = state === '' ? own : { ...own, traceState: createTraceState(state) };
    const parent = parentId === null ? null : { traceId, spanId: parentId, traceFlags, isRemote: span.isParentRemote };
    return {
      name: span.name,
      kind: this.kinds[span.kind],
      spanContext: () => context,
      ...(parent === null ? {} : { parentSpanContext: parent }),
      startTime: timeOf(start),
      endTime: timeOf(end),
      duration: timeOf(Math.max(0, end - start)),
      status: { code: span.isError ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
      attributes: span.attributes,
      resource: this.resource,
      instrumentationScope: SCOPE,
      ended: true,
      ...NOTHING_MORE,
    };
  }
}

const NOTHING_MORE = {
  links: [],
  events: [],
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
};

// Seconds and nanoseconds.
function timeOf(milliseconds: number): [number, number] {
  const seconds = Math.floor(milliseconds / 1000);
  return [seconds, Math.floor((milliseconds - seconds * 1000) * 1_000_000)];
}
