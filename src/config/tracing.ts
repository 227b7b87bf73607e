// Traces: where they are exported to, and which ones are recorded.
import { z } from 'zod';
import { defaulted, described } from '../core/described.ts';
import { err, ok } from '../core/result.ts';
import { choice, count, duration, durationFrom, flag, portion, text } from '../core/settings.ts';
import { type TracingSettings, parentTrusts } from '../core/tracing-settings.ts';
import { millis } from '../core/units.ts';
import { requestHeaders } from '../probing/http-check-options.ts';

// Where collectors take traces, unless somebody says otherwise (OTLP 1.0, "OTLP/HTTP Request").
const USUAL_PATH = '/v1/traces';

const MOST_ATTRIBUTES = 64;

const endpoint = text<string>({
  type: 'URL',
  expected: 'a URL such as http://127.0.0.1:4318',
  pattern: '^https?://[^\\s#@]+$',
  parse(value) {
    if (!/^https?:\/\/[^\s#]+$/i.test(value) || !URL.canParse(value)) return err({ message: '{value} is no URL' });
    const url = new URL(value);
    const isOpen = url.username === '' && url.password === '' && url.search === '';
    if (!isOpen)
      return err({ message: 'the URL has credentials or a query, which would be shown', expected: '`headers`' });
    if (url.pathname === '/') url.pathname = USUAL_PATH;
    return ok(url.href);
  },
});

const plainText = (expected: string) =>
  text<string>({
    type: 'text',
    expected,
    parse: (value) =>
      value === '' || value.length > 256 || /\p{Cc}/u.test(value) ? err({ message: '{value} is none' }) : ok(value),
  });

const attributes = z
  .record(
    plainText('the name of an attribute, such as deployment.environment.name'),
    plainText('a text of up to 256 characters'),
  )
  .refine((all) => Object.keys(all).length <= MOST_ATTRIBUTES, { message: `has more than ${MOST_ATTRIBUTES}` })
  .meta({ 'x-type': 'map of names to texts' });

/** `tracing` at the top level. */
export const tracing = z.strictObject({
  enabled: defaulted(flag, 'Whether the gateway takes part in traces.', {
    value: true,
    reason: 'whoever writes `tracing` wants them.',
  }),
  otlp_endpoint: described(
    endpoint,
    `The collector, by OTLP over HTTP (protobuf). A URL without a path stands for \`${USUAL_PATH}\` there.`,
  ),
  headers: defaulted(
    requestHeaders,
    'Header fields of each post to the collector, such as what proves who the gateway is: secrets, which belong into variables of the environment and are never shown.',
    { value: {}, reason: 'a collector nearby asks for nothing.' },
  ),
  service_name: defaulted(
    plainText('a text of up to 256 characters'),
    'What the gateway is called in traces (`service.name`).',
    { value: 'keystone-gateway', reason: 'a name is needed, and this one says what it is.' },
  ),
  attributes: defaulted(
    attributes,
    `What else is said of the gateway with its spans, such as \`deployment.environment.name: production\`; at most ${MOST_ATTRIBUTES}.`,
    { value: {}, reason: 'what is the same everywhere tells nothing.' },
  ),
  sample: defaulted(
    portion,
    'The share of traces that begin at this gateway and are recorded. Those that clients have begun are recorded where their traceparent says so. Backends are told what was decided.',
    { value: '1%', reason: 'enough to see what is slow, and too little to cost anything.' },
  ),
  parents: defaulted(
    choice(parentTrusts),
    'Whose traces go on here: `all` of those that clients have begun, those of `trusted_proxies` alone (`trusted`), or none. All others begin anew, and so does one whose traceparent is not valid.',
    {
      value: 'all',
      reason: 'a trace is of use where it goes from end to end; what a client can cause by that is bounded by `queue`.',
    },
  ),
  batch: defaulted(count({ min: 1, max: 4096 }), 'How many spans are sent at a time, at most.', {
    value: 128,
    reason: 'they are encoded in some 2 ms, for which requests wait.',
  }),
  delay: defaulted(duration, 'How long a span waits for others, as long as there is no whole batch.', {
    value: '2s',
    reason: 'people look at traces some seconds later at the earliest.',
  }),
  queue: defaulted(
    count({ min: 1, max: 1_000_000 }),
    'How many spans may wait in each process. What does not fit is dropped, and counted in the metrics and the log.',
    { value: 4096, reason: 'some 10 MiB while a collector is away; requests never wait for it.' },
  ),
  timeout: defaulted(durationFrom(millis(100)), 'How long the collector may take for one batch.', {
    value: '10s',
    reason: 'as exporters of OpenTelemetry have it.',
  }),
});

/** Null: the gateway takes no part in traces. */
export function resolveTracing(given: z.output<typeof tracing> | undefined): TracingSettings | null {
  if (given === undefined || !given.enabled) return null;
  const { headers, sample, parents, batch, delay, queue, timeout } = given;
  const said = { endpoint: given.otlp_endpoint, serviceName: given.service_name, attributes: given.attributes };
  return { ...said, headers, sample, parents, batch, delay, queue, timeout };
}
