// The same question as that of the check by HTTP, to a backend that is spoken to in HTTP/2 only.
import type { CallFields, CallResult } from '../core/caller.ts';
import { ascii } from '../message/bytes.ts';
import type { ProbeResult, ProbeTools } from './contract.ts';
import { BROKEN_CALL } from './grpc-check.ts';
import type { HttpCheckOptions } from './http-check-options.ts';
import type { HttpVerdict } from './http-verdict.ts';
import { describeConnectError } from './probe-connection.ts';
import { failedProbe } from './probe-result.ts';
import type { ProbeRoute } from './probe-route.ts';

// A longer answer is read in vain: what decides stands at its beginning.
const MOST_BYTES = 1024 * 1024;

export async function probeByHttp2(
  options: HttpCheckOptions,
  route: ProbeRoute,
  verdict: HttpVerdict,
  tools: ProbeTools,
): Promise<ProbeResult> {
  const ended = await tools.call({
    method: options.method,
    address: route.address,
    authority: route.authority,
    path: options.path ?? '/',
    fields: fieldsOf(options, route),
    body: ascii(options.body ?? ''),
    maxBody: MOST_BYTES,
    signal: tools.signal,
  });
  return judge(ended, options, verdict);
}

function fieldsOf({ headers }: HttpCheckOptions, { authorization }: ProbeRoute): CallFields {
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    'user-agent': 'keystone-health',
    accept: '*/*',
    ...(authorization === null ? {} : { authorization }),
    ...Object.fromEntries(own),
  };
}

function judge(ended: CallResult, { max_body: mostBody }: HttpCheckOptions, verdict: HttpVerdict): ProbeResult {
  switch (ended.kind) {
    case 'unreachable':
      return failedProbe(describeConnectError(ended.error));
    case 'broken':
      return failedProbe(BROKEN_CALL[ended.reason]);
    case 'answered': {
      const { status, fields, body } = ended;
      const answer = { status, field: (name: string) => fields[name.toLowerCase()] ?? null };
      return verdict.of(answer, new TextDecoder().decode(body.subarray(0, mostBody)), null);
    }
  }
}
