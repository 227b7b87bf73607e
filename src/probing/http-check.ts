// Health check by HTTP: one request on a connection of its own; status, fields and body of the response decide.
import { HeadParser } from '../http1/head-parser.ts';
import { BodyReader } from '../http1/body-reader.ts';
import { MAX_INTERIM } from '../http1/interim.ts';
import { ascii } from '../message/bytes.ts';
import { fieldValue } from '../message/field-value.ts';
import { BODY_UNTIL_CLOSE, Head } from '../message/head.ts';
import type { CheckKind, ProbeResult, ProbeTarget, ProbeTools } from './contract.ts';
import { type HttpCheckOptions, httpCheckOptions } from './http-check-options.ts';
import { type Answer, HttpVerdict } from './http-verdict.ts';
import { type Ending, type Talk, converse } from './probe-connection.ts';
import { probeByHttp2 } from './http2-probe.ts';
import { failedProbe } from './probe-result.ts';
import { type ProbeRoute, routeOf } from './probe-route.ts';

const LIMITS = { headerBytes: 32 * 1024, headerCount: 100, targetBytes: 8 * 1024 };
// How much of a bad answer's body is read as evidence: 200 characters of up to four bytes, and room for white space.
const EVIDENCE_BYTES = 1024;

/** Asks for a path and looks at the response. Redirects are not followed. */
export const httpCheck = {
  type: 'http',
  asksByName: false,
  summary:
    'An HTTP request for a path; status, header and body of the response decide. Redirects are not followed. With `X-Keystone-Weight: 50%` a backend asks for that part of its weight, with 0% for no new requests; with `Retry-After` on a 503 it says when to ask again.',
  options: httpCheckOptions,
  probe: (options, target, tools) => probe(options, target, tools),
} as const satisfies CheckKind<HttpCheckOptions>;

function probe(options: HttpCheckOptions, target: ProbeTarget, tools: ProbeTools): Promise<ProbeResult> {
  const route = routeOf(options, target, options.host ?? null);
  const verdict = verdictOf(options, route, tools);
  // Another port may be that of another program.
  const isElsewhere = options.address !== undefined || options.port !== undefined;
  if (target.isHttp2 === true && !isElsewhere) return probeByHttp2(options, route, verdict, tools);
  return converse(route.address, tools, () => new HttpTalk(options, route, verdict));
}

function verdictOf(options: HttpCheckOptions, route: ProbeRoute, { wall }: ProbeTools): HttpVerdict {
  // Each word is masked as well: an origin may repeat only the second word of `Bearer abc`.
  const values = [...Object.values(options.headers), route.authorization ?? ''];
  const secrets = values.flatMap((value) => [value, ...value.split(' ')]);
  return new HttpVerdict(options, [...secrets, options.body ?? ''], wall);
}

class HttpTalk implements Talk {
  private readonly parser = new HeadParser(LIMITS);
  private readonly head = new Head();
  private readonly reader = new BodyReader('response');
  private readonly kept: Uint8Array[] = [];
  private keptBytes = 0;
  private interim = 0;
  private answer: Answer | null = null;

  constructor(
    private readonly options: HttpCheckOptions,
    private readonly route: ProbeRoute,
    private readonly verdict: HttpVerdict,
  ) {
    this.parser.begin();
  }

  opened(): Uint8Array {
    return ascii(requestText(this.options, this.route));
  }

  received(bytes: Uint8Array): ProbeResult | null {
    return this.answer === null ? this.readHead(bytes) : this.readBody(this.answer, bytes, 0, bytes.length);
  }

  ended({ isBroken, detail }: Ending): ProbeResult {
    const { answer } = this;
    if (answer === null) return failedProbe(detail);
    const isWhole = this.reader.isUntilClose && !isBroken;
    return this.conclude(answer, isWhole ? null : 'ends too early');
  }

  private readHead(bytes: Uint8Array): ProbeResult | null {
    const { head, parser } = this;
    const at = parser.feedResponse(head, bytes, 0, this.options.method === 'HEAD');
    if (at === 0) return null;
    if (at < 0) return failedProbe('the response is not valid HTTP/1.1');
    const end = parser.available(head);
    if (head.status >= 200) return this.begin(at, end);
    if (++this.interim > MAX_INTERIM) return failedProbe('too many interim responses');
    const rest = head.bytes.subarray(at, end);
    head.reset();
    parser.begin();
    return rest.length > 0 ? this.readHead(rest) : null;
  }

  private begin(at: number, end: number): ProbeResult | null {
    const { head } = this;
    const { status } = head;
    const answer: Answer = { status, field: (name) => fieldValue(head, name) };
    this.answer = answer;
    this.reader.begin(head, 'payload');
    return this.readBody(answer, head.bytes, at, end);
  }

  private readBody(answer: Answer, bytes: Uint8Array, at: number, end: number): ProbeResult | null {
    const { reader } = this;
    const stop = reader.read(bytes, at, end);
    if (stop < 0) return this.conclude(answer, 'has a broken framing');
    this.kept.push(bytes.subarray(at, reader.keptEnd));
    this.keptBytes += reader.keptEnd - at;
    return reader.isDone || this.keptBytes >= this.wantedBytes(answer) ? this.conclude(answer, null) : null;
  }

  // The body of a bad answer is read as evidence, unless only the end of the connection ends it, which may never come.
  private wantedBytes(answer: Answer): number {
    if (this.verdict.needsBody(answer)) return this.options.max_body;
    const isEvidence = !this.verdict.isWell(answer) && this.head.framing !== BODY_UNTIL_CLOSE;
    return isEvidence ? EVIDENCE_BYTES : 0;
  }

  private conclude(answer: Answer, flaw: string | null): ProbeResult {
    const body = new Uint8Array(Math.min(this.keptBytes, this.options.max_body));
    let at = 0;
    for (const part of this.kept) {
      const taken = part.subarray(0, body.length - at);
      body.set(taken, at);
      at += taken.length;
    }
    return this.verdict.of(answer, new TextDecoder().decode(body), flaw);
  }
}

function requestText({ method, path, headers, body }: HttpCheckOptions, route: ProbeRoute): string {
  const own = new Map([
    ['User-Agent', 'keystone-health'],
    ['Accept', '*/*'],
  ]);
  if (route.authorization !== null) own.set('Authorization', route.authorization);
  const replaced = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const kept = [...own].filter(([name]) => !replaced.has(name.toLowerCase()));
  const isWithBody = body !== undefined || method === 'POST' || method === 'PUT';
  const length = ascii(body ?? '').length;
  const fields = [
    ['Host', route.authority],
    ...kept,
    ...Object.entries(headers),
    ...(isWithBody ? [['Content-Length', String(length)]] : []),
    ['Connection', 'close'],
  ];
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path ?? '/'} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`;
}
