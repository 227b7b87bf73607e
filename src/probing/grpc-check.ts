// Health check by gRPC: one call of grpc.health.v1.Health/Check
// (https://github.com/grpc/grpc/blob/master/doc/health-checking.md).
import { z } from 'zod';
import type { CallFields, CallResult } from '../core/caller.ts';
import { err, ok } from '../core/result.ts';
import { setting } from '../core/settings.ts';
import type { CheckKind, ProbeResult, ProbeTarget, ProbeTools } from './contract.ts';
import { excerptWithoutSecrets } from './excerpt.ts';
import { decodeHealthResponse, encodeHealthRequest } from './grpc-codec.ts';
import { describeConnectError } from './probe-connection.ts';
import { failedProbe } from './probe-result.ts';
import { type ProbeRoute, hostToAsk, routeOf, routeOptions } from './probe-route.ts';
import { secretMap } from './secret-map.ts';

const PATH = '/grpc.health.v1.Health/Check';
// A health response takes a few bytes. The rest is for an error page of a server without gRPC, which is kept as evidence.
const MAX_ANSWER_BYTES = 16 * 1024;
const MAX_SERVICE = 256;

const serviceName = setting<string, string>({
  type: 'text',
  expected: `the full name of a service, such as shop.v1.Cart, of up to ${MAX_SERVICE} characters`,
  json: { type: 'string', maxLength: MAX_SERVICE },
  parse(value) {
    if (typeof value !== 'string') return err({ message: 'is not a text (write it in quotes)' });
    if (value.length > MAX_SERVICE) return err({ message: 'is too long' });
    return /\p{C}/u.test(value) ? err({ message: 'has characters that cannot be printed' }) : ok(value);
  },
});

// Entries that gRPC itself sets, and those that HTTP/2 forbids (RFC 9113, 8.2.2).
const RESERVED = new Set(
  'connection content-length content-type host keep-alive proxy-connection te trailer transfer-encoding upgrade'.split(
    ' ',
  ),
);

function explainKey(name: string): string | null {
  if (!/^[0-9a-z_.-]+$/.test(name)) return 'is not the name of a metadata entry, which is in lower case';
  if (name === 'host') return 'is set by `authority`';
  return RESERVED.has(name) || name.startsWith('grpc-') ? 'is an entry that the gateway sets itself' : null;
}

const metadata = secretMap({
  key: { expected: 'a name in lower case, such as x-probe', explain: explainKey },
  value: {
    expected: 'a text of visible characters of ASCII, with spaces only inside',
    explain: (value) => (/^([!-~]([ -~]*[!-~])?)?$/.test(value) ? null : 'has characters that metadata cannot carry'),
  },
});

const grpcCheckOptions = z.strictObject({
  service: serviceName.prefault('').meta({
    description: 'The service whose health a probe asks for. Empty: the health of the server as a whole.',
    'x-reason': 'every health service can tell the health of its server.',
  }),
  authority: z.exactOptional(hostToAsk).meta({
    description: 'The host that a probe asks for, and its name in TLS. Absent: the host that the probe goes to.',
  }),
  metadata: metadata.prefault({}).meta({
    description:
      'Metadata to send with a probe; its values are never shown. `authorization` and `user-agent` replace those of the gateway. Values of names that end in `-bin` are base64.',
    'x-reason': 'most servers tell their health to everyone.',
  }),
  ...routeOptions,
});

type GrpcCheckOptions = z.output<typeof grpcCheckOptions>;

/** For backends that speak gRPC. */
export const grpcCheck = {
  type: 'grpc',
  asksByName: false,
  summary:
    "A call of gRPC's standard health service, `grpc.health.v1.Health/Check`. With TLS, the handshake must agree on HTTP/2; without TLS, the server must speak it from the first byte. `SERVING` is a success; every other status, and a server without this service, is a failure.",
  options: grpcCheckOptions,
  probe: (options, target, tools) => probe(options, target, tools),
} as const satisfies CheckKind<GrpcCheckOptions>;

async function probe(options: GrpcCheckOptions, target: ProbeTarget, tools: ProbeTools): Promise<ProbeResult> {
  const route = routeOf(options, target, options.authority ?? null);
  const fields = fieldsOf(options, route);
  const ended = await tools.call({
    address: route.address,
    authority: route.authority,
    path: PATH,
    fields,
    body: encodeHealthRequest(options.service),
    maxBody: MAX_ANSWER_BYTES,
    signal: tools.signal,
  });
  const values = [...Object.values(options.metadata), route.authorization ?? ''];
  // Each word is masked as well: a server may repeat only the second word of `Bearer abc`.
  return judge(
    ended,
    values.flatMap((value) => [value, ...value.split(' ')]),
  );
}

function fieldsOf({ metadata: own }: GrpcCheckOptions, { authorization }: ProbeRoute): CallFields {
  return {
    'content-type': 'application/grpc',
    te: 'trailers',
    'user-agent': 'keystone-health',
    ...(authorization === null ? {} : { authorization }),
    ...own,
  };
}

function judge(ended: CallResult, secrets: readonly string[]): ProbeResult {
  switch (ended.kind) {
    case 'unreachable':
      return failedProbe(describeConnectError(ended.error));
    case 'broken':
      return failedProbe(BROKEN_CALL[ended.reason]);
    case 'answered':
      return judgeAnswer(ended, secrets);
  }
}

/** Why there is no answer to a call. */
export const BROKEN_CALL = {
  aborted: 'timed out',
  closed: 'closed without an answer',
  malformed: 'the answer is not valid HTTP/2',
  'too-long': 'the answer is too long',
} as const;

type Answered = Extract<CallResult, { readonly kind: 'answered' }>;

function judgeAnswer(answer: Answered, secrets: readonly string[]): ProbeResult {
  const { status, fields, trailers, body } = answer;
  const finding = (detail: string, said: string): ProbeResult => {
    return { passed: detail === SERVING, detail, status, excerpt: excerptWithoutSecrets(said, secrets), advice: null };
  };
  const isGrpc = status === 200 && /^application\/grpc\b/.test(fields['content-type'] ?? '');
  if (!isGrpc) return finding(`status ${status}, and no gRPC`, new TextDecoder().decode(body));
  // An answer without a message has its trailers in the header.
  const { 'grpc-status': code, 'grpc-message': message = '' } = { ...fields, ...trailers };
  const said = percentDecoded(message);
  if (code === undefined) return finding('the answer has no grpc-status', said);
  return finding(code === '0' ? describeHealth(body) : describeCode(code), said);
}

const SERVING = 'SERVING';
const HEALTHS = ['UNKNOWN', SERVING, 'NOT_SERVING', 'SERVICE_UNKNOWN'];

function describeHealth(body: Uint8Array): string {
  const health = decodeHealthResponse(body);
  if (health === null) return 'the answer is not that of a health service';
  return HEALTHS[health] ?? `${health}, a status that is not known`;
}

// https://grpc.io/docs/guides/status-codes/
const CODES =
  'OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED'.split(
    ' ',
  );

function describeCode(code: string): string {
  if (!/^\d{1,3}$/.test(code)) return 'the answer has a grpc-status that is no number';
  return `grpc-status ${code}: ${CODES[Number(code)] ?? 'a code that is not known'}`;
}

/** Decodes percent-encoded bytes. As gRPC demands, what is not a valid encoding stays as it is. */
function percentDecoded(text: string): string {
  return text.replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, (run) =>
    new TextDecoder().decode(Uint8Array.from(run.slice(1).split('%'), (byte) => Number.parseInt(byte, 16))),
  );
}
