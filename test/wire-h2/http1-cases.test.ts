// The suite of HTTP/1.1 once more through HTTP/2, as far as its requests can be told there: the same must reach the backend, and the
// same must come back.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { END_HEADERS, END_STREAM } from '../../src/http2/frames.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { MadeCertificate } from '../support/made-certificate.ts';
import { eventually } from '../support/eventually.ts';
import { needs } from '../support/programs.ts';
import type { Field as HeadField, ResponseMessage } from '../support/reference-parser.ts';
import type { Expectation, WireCase } from '../wire/case.ts';
import { CaseBackend, tokenFor } from '../wire/case-backend.ts';
import { allCases } from '../wire/cases/all.ts';
import { wireConfig } from '../wire/gateway-config.ts';
import { judge } from '../wire/judge.ts';
import { type Observation, PROBE_BODY, PROBE_SUFFIX } from '../wire/observe.ts';
import { inParallel, withToken } from '../wire/runner.ts';
import { H2Client, type SeenStream } from './h2-client.ts';
import { type Translated, translate } from './translate.ts';

type Play = { readonly wireCase: WireCase; readonly token: string; readonly request: Translated };

const plays = allCases.flatMap((wireCase, at): readonly Play[] => {
  const token = tokenFor(at, 'whole');
  const request = translate(wireCase, token);
  return request === null ? [] : [{ wireCase, token, request }];
});
const WIDTH = 8;

describe.if(needs('openssl'))('the suite of HTTP/1.1 through HTTP/2', () => {
  let certificate: MadeCertificate;
  let backend: CaseBackend;
  let gateway: GatewayProcess;
  const problems = new Map<string, readonly string[]>();

  beforeAll(async () => {
    certificate = await MadeCertificate.make('all.test', 2);
    backend = await CaseBackend.start();
    const config = wireConfig(backend.recording.port, { trusting: false });
    const listener = `listeners: [{ address: "127.0.0.1:0", tls: true }]`;
    const tls = `tls: { cert_file: "${certificate.cert}", key_file: "${certificate.key}" }`;
    gateway = await GatewayProcess.start(config.replace(/^listeners: .*$/m, `${listener}\n${tls}`));
    await inParallel(plays, WIDTH, async (play) => void problems.set(play.token, await problemsOf(play)));
  }, 60_000);

  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
    await certificate[Symbol.asyncDispose]();
  });

  const problemsOf = async ({ wireCase, token, request }: Play): Promise<readonly string[]> => {
    backend.add(token, wireCase, { kind: 'whole' });
    const observation = await observe(gateway.port, { wireCase, token, request });
    const wanted = expectationOf(withToken(wireCase.expect, token), observation);
    const judged = (): string[] => judge(wanted, { observation, upstream: backend.view(token) });
    await eventually(() => judged().length === 0, 1000);
    return judged();
  };

  for (const { wireCase, token } of plays)
    test(`${wireCase.name} (${wireCase.source})`, () => {
      expect(problems.get(token)).toEqual([]);
    });
});

// What HTTP/2 calls malformed is not answered, and the stream is reset.
function expectationOf(wanted: Expectation, { transcript }: Observation): Expectation {
  return wanted.kind === 'refused' && transcript.finals.length === 0 ? { ...wanted, status: ['silence'] } : wanted;
}

async function observe(port: number, { wireCase, token, request }: Play): Promise<Observation> {
  using client = await H2Client.connect(port, token);
  client.greet();
  client.openWindows();
  client.request(1, request.fields, request.body);
  const seen = client.stream(1);
  await client.until(() => seen.isEnded || seen.reset !== null, 5000);
  client.headers(3, END_HEADERS | END_STREAM, ...probe(token));
  const isAnswered = await client.until(() => client.stream(3).body === PROBE_BODY);
  // A refused request ends a connection of HTTP/1.1, and a stream of HTTP/2.
  const isOver = wireCase.expect.kind === 'refused' || seen.reset !== null;
  return {
    transcript: transcriptOf(seen, isOver),
    peer: isOver ? 'ended' : 'open',
    probe: isAnswered ? 'answered' : 'unanswered',
    received: '',
  };
}

function probe(token: string): [string, string][] {
  return [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':path', `/${token}${PROBE_SUFFIX}`],
    [':authority', 'all.test'],
  ];
}

function messageOf(status: number, fields: readonly HeadField[]): ResponseMessage {
  const framing = { kind: 'none' } as const;
  return { status, reason: '', minor: 1, fields, framing, body: '', trailers: [], extensions: [] };
}

function transcriptOf({ heads, body, isEnded }: SeenStream, isOver: boolean): Observation['transcript'] {
  const answers = heads.filter(({ status }) => status > 0).map(({ status, fields }) => messageOf(status, fields));
  const [final] = answers.slice(-1);
  const trailers = heads.find(({ status }) => status === 0)?.fields ?? [];
  if (final === undefined || !isEnded)
    return { finals: [], isSwitched: false, rest: final === undefined ? '' : `\r\n\r\n${body}`, invalid: null };
  const fields = isOver ? [...final.fields, { name: 'connection', value: 'close' }] : final.fields;
  return {
    finals: [{ ...final, fields, body, trailers, interim: answers.slice(0, -1) }],
    isSwitched: false,
    rest: '',
    invalid: null,
  };
}
