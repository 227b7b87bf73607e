// GET /tenants: all tenants with their backends.
import type { Steps } from '../core/slices.ts';
import { ascii, join } from '../message/bytes.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { AdminEndpoint, OperatorCall } from './contract.ts';
import type { AdminSources } from './sources.ts';
import { json, jsonBytes } from './json.ts';

export const tenants = {
  path: '/tenants',
  summary:
    'All tenants with their backends: the health of each, and the reason if it is not eligible. `leaving`: what backends still have in flight that a reload has removed or moved. `left_out`: tenants whose configuration is broken, and that are not served.',
  method: 'GET',
  access: 'operator',
  tenants: 'filter',
  output: async () => (await import('./shapes/tenant.ts')).tenantsAnswer,
  async answer(
    call: Pick<OperatorCall, 'sees'>,
    sources: Pick<AdminSources, 'tenants' | 'leaving' | 'leftOut' | 'inSlices'>,
  ): Promise<LocalResponse> {
    const body = await sources.inSlices(written(sources, call));
    return body === null ? json(503, { error: 'the gateway ends' }) : jsonBytes(200, body);
  },
} as const satisfies AdminEndpoint;

// Problems of a configuration quote it, in whatever script it is written.
const UTF8 = new TextEncoder();

// Ten thousand tenants take 100 ms: requests must not wait that long.
function* written(
  sources: Pick<AdminSources, 'tenants' | 'leaving' | 'leftOut'>,
  call: Pick<OperatorCall, 'sees'>,
): Steps<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (const tenant of sources.tenants()) {
    if (call.sees(tenant.name)) parts.push(UTF8.encode(`${parts.length === 0 ? '' : ','}${JSON.stringify(tenant)}`));
    yield;
  }
  const leaving = sources.leaving().filter(({ tenant }) => call.sees(tenant));
  const leftOut = sources
    .leftOut()
    .filter((one) => call.sees(one.tenant))
    .map(({ tenant, file, problems }) => ({ tenant, file, problems }));
  const more = `],"leaving":${JSON.stringify(leaving)},"left_out":${JSON.stringify(leftOut)}}\n`;
  return join(ascii('{"tenants":['), ...parts, UTF8.encode(more));
}
