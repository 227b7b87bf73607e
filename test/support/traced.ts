// What tests of traces have in common: an origin that keeps what it is told, a configuration, and a client.
import type { CollectedSpan, Collector } from './collector.ts';
import type { EmbeddedGateway } from './embedded-gateway.ts';
import { Origin } from './origin.ts';
import { until } from './until.ts';
import { uncheckedTenant } from './yaml.ts';

export const TRACE = '0af7651916cd43dd8448eb211c80319c';
export const SPAN = 'b7ad6b7169203331';
const PARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

export type Told = {
  readonly trace: string;
  readonly span: string;
  readonly flags: number;
  readonly state: string | null;
};

/** An origin that keeps what each request tells of its trace. */
export class TracedOrigin extends Origin {
  readonly told: (Told | null)[] = [];

  constructor(name = 'a', answer: () => Response | Promise<Response> = () => new Response('well')) {
    super(name, (request) => {
      this.told.push(toldBy(request.headers));
      return answer();
    });
  }
}

export function toldBy(headers: Headers): Told | null {
  const [, trace, span, flags] = PARENT.exec(headers.get('traceparent') ?? '') ?? [];
  if (trace === undefined || span === undefined || flags === undefined) return null;
  return { trace, span, flags: Number.parseInt(flags, 16), state: headers.get('tracestate') };
}

export function config(
  collector: Collector,
  origins: readonly { name: string; url: string }[],
  tracing = '',
  more = '',
): string {
  const settings = `otlp_endpoint: "${collector.url}", delay: 20ms, sample: 100%${tracing === '' ? '' : `, ${tracing}`}`;
  return `tracing: { ${settings} }\nlisteners: [{ address: "127.0.0.1:0" }]\n${uncheckedTenant('/', origins, more)}`;
}

export const urlOf = (gateway: EmbeddedGateway): string => `http://127.0.0.1:${gateway.ports[0]}`;

export async function ask(gateway: EmbeddedGateway, path = '/', headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch(urlOf(gateway) + path, { headers });
  await response.arrayBuffer();
  return response.status;
}

export async function spansOf(collector: Collector, count: number): Promise<readonly CollectedSpan[]> {
  await until(() => collector.spans.length >= count, `${count} spans have come`);
  return collector.spans;
}
