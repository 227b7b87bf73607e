// GET /config and GET /config/difference
import type { LocalResponse } from '../message/local-response.ts';
import type { AdminEndpoint } from './contract.ts';
import type { AdminSources } from './sources.ts';
import type { ShownConfig } from './reload-control.ts';
import { json, jsonBody, jsonBytes } from './json.ts';

export const config = {
  path: '/config',
  method: 'GET',
  summary:
    'The texts of the configuration in force, the main file first, with `***` in place of every secret, and the same as JSON. Its entity tag is what `PUT /config` wants in `If-Match`.',
  access: 'operator',
  scope: 'admin',
  output: async () => (await import('./shapes/configuration.ts')).configAnswer,
  answer: (_, sources) => shown(sources, (control) => control.show(), { strayed: [], files: [] }),
} as const satisfies AdminEndpoint;

export const configDifference = {
  path: '/config/difference',
  method: 'GET',
  summary:
    'How the files of the configuration on disk differ from what is in force, line by line, with `***` in place of every secret.',
  access: 'operator',
  scope: 'admin',
  output: async () => (await import('./shapes/configuration.ts')).configDifferenceAnswer,
  answer: (_, sources) => shown(sources, (control) => control.compare(), { files: [] }),
} as const satisfies AdminEndpoint;

type Control = NonNullable<AdminSources['configuration']>;

async function shown(
  { configuration }: AdminSources,
  ask: (control: Control) => Promise<ShownConfig>,
  nothing: object,
): Promise<LocalResponse> {
  if (configuration === null) return NO_FILE;
  if (configuration.isBusy) return BUSY;
  const { tag, version, body } = await ask(configuration);
  const head = { etag: tag, version, read_only: body === null ? configuration.readOnly : null };
  const whole = body === null ? jsonBody({ ...head, ...nothing }) : joined(head, body);
  return jsonBytes(200, whole, tag === null ? [] : [['ETag', tag]]);
}

/** One object of two, of which the second may be large. */
function joined(head: object, body: Uint8Array): Uint8Array {
  const start = new TextEncoder().encode(`${JSON.stringify(head).slice(0, -1)},`);
  return Buffer.concat([start, body.subarray(1)]);
}

export const NO_FILE = json(501, { error: 'this gateway does not read a file: its program puts plans in force' });

export const BUSY = json(503, { error: 'others are waiting for the configuration to be read; ask again' }, [
  ['Retry-After', '1'],
]);
