// Times the single steps of a request, in nanoseconds, without sockets. A new row is one `run`.
import { fileURLToPath } from 'node:url';
import { policyRequest } from '../test/support/policy-request.ts';
import { balancers } from '../src/balance/registry.ts';
import { Timed, TimerWheel } from '../src/core/timer-wheel.ts';
import { bytes as bytesOf, millis } from '../src/core/units.ts';
import { WorkTurns } from '../src/core/work-turns.ts';
import { compression } from '../src/policies/compression/compression.ts';
import { MediaTypes, hasBody, isCompressible, traitsOf } from '../src/policies/compression/response-traits.ts';
import { ChunkScanner } from '../src/http1/chunked.ts';
import { HeadParser } from '../src/http1/head-parser.ts';
import { Http1Client } from '../src/http1/http1-client.ts';
import { out } from '../src/http1/output.ts';
import { writeRequestHead } from '../src/http1/write-request.ts';
import {
  type ResponseManner,
  placeForAdditions,
  shiftResponseHead,
  writeResponseHead,
} from '../src/http1/write-response.ts';
import { ascii, EMPTY, join } from '../src/message/bytes.ts';
import { Admission } from '../src/admit/admission.ts';
import { CostedJob } from '../src/admit/costed-job.ts';
import { BYTE_COST } from '../src/admit/costs.ts';
import { type OwnMarks, NO_MARKS } from '../src/message/own-marks.ts';
import { type Direction, type EditMaker, Edits, requestEdit, responseEdit } from '../src/message/edits.ts';
import type { OriginFacts } from '../src/message/contract.ts';
import { RequestView } from '../src/message/request-view.ts';
import { acquireHead, Head, releaseHead } from '../src/message/head.ts';
import { balanceKey } from '../src/pools/balance-key.ts';
import type { PathPattern } from '../src/route/match.ts';
import { type RouteEntry, RouteTable } from '../src/route/route-table.ts';
import { Router } from '../src/route/router.ts';
import { authSteps } from './lib/auth-steps.ts';
import { editSteps } from './lib/edit-steps.ts';
import { http2Steps } from './lib/http2-steps.ts';
import { limitSteps } from './lib/limit-steps.ts';
import { observeSteps } from './lib/observe-steps.ts';
import { markdownTable } from './lib/report.ts';
import { checksum, type Timing, time } from './lib/stopwatch.ts';

const PLAIN_REQUEST = ascii('GET /lb/1k HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n');
const BROWSER_REQUEST = ascii(
  [
    'GET /lb/assets/app.js?v=123 HTTP/1.1',
    'Host: shop.example.com',
    'Connection: keep-alive',
    'sec-ch-ua: "Chromium";v="128", "Not;A=Brand";v="24"',
    'sec-ch-ua-mobile: ?0',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36',
    'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
    'Sec-Fetch-Site: none',
    'Sec-Fetch-Mode: navigate',
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Accept-Language: en-GB,en;q=0.9',
    'Cookie: session=0123456789abcdef0123456789abcdef; theme=dark',
    '\r\n',
  ].join('\r\n'),
);
const CROSS_REQUEST = join(
  BROWSER_REQUEST.subarray(0, -2),
  ascii('Origin: https://app.example.com\r\nReferer: https://app.example.com/\r\n\r\n'),
);
const RESPONSE = ascii(
  [
    'HTTP/1.1 200 OK',
    'Server: nginx/1.22.1',
    'Date: Tue, 24 Nov 2026 18:27:59 GMT',
    'Content-Type: text/plain',
    'Content-Length: 1024',
    'Connection: keep-alive',
    `\r\n${'x'.repeat(1024)}`,
  ].join('\r\n'),
);
const CHUNKED_BODY = ascii(`${`400\r\n${'x'.repeat(1024)}\r\n`.repeat(4)}0\r\n\r\n`);

const LIMITS = { headerBytes: 32_768, headerCount: 100, targetBytes: 8192 };
const MARKS: OwnMarks = { ...NO_MARKS, idPrefix: ascii('0123456789abcdef') };
const CLIENT = new Http1Client(
  { address: '127.0.0.1', isTls: false, tls: null, version: '1.1', port: 0, claims: null },
  MARKS,
);
const PLAIN_MANNER: ResponseManner = {
  word: 'implied',
  framing: 'as_is',
  edits: null,
  dateLine: EMPTY,
  identified: null,
  idPrefix: EMPTY,
};
const ORIGIN: OriginFacts = {
  authority: ascii('127.0.0.1:3000'),
  ownHost: false,
  basePath: EMPTY,
  query: EMPTY,
  authorization: EMPTY,
  isPlain: true,
};
const PREFIX_LENGTH = '/lb'.length;

class Waiting extends Timed {
  expired(): void {}
}

class Begun extends CostedJob {
  begin(): void {}
  turnAway(): void {}
}

const timings: Timing[] = [];

parsing();
routing();
routingWithin();
writing();
compressing();
viewing();
balancing();
deadlines();
for (const [name, step] of editSteps(requestHead(BROWSER_REQUEST), requestHead(CROSS_REQUEST))) run(name, step);
for (const [name, step] of limitSteps(requestHead(BROWSER_REQUEST))) run(name, step);
for (const [name, step] of await authSteps()) run(name, step);
for (const [name, step] of http2Steps(BROWSER_REQUEST, RESPONSE.subarray(0, RESPONSE.length - 1024))) run(name, step);
for (const [name, step] of observeSteps(requestHead(PLAIN_REQUEST), requestHead(BROWSER_REQUEST))) run(name, step);
sharing();
const rows = timings.map(({ name, best, median }) => [name, best.toFixed(1), median.toFixed(1)]);
console.log(markdownTable(['step', 'best ns', 'median ns'], rows).join('\n'));
console.error(`checksum ${checksum()}`);

function run(name: string, step: () => number): void {
  timings.push(time(name, step));
}

function parsing(): void {
  const parser = new HeadParser(LIMITS);
  const parse = (bytes: Uint8Array) => (): number => {
    const head = acquireHead();
    parser.begin();
    const end = accepted(parser.feedRequest(head, bytes, 0));
    releaseHead(head);
    return end;
  };
  run(`parse a plain request head (${PLAIN_REQUEST.length} B)`, parse(PLAIN_REQUEST));
  run(`parse a browser's request head (${BROWSER_REQUEST.length} B)`, parse(BROWSER_REQUEST));
  run(`parse a response head (${RESPONSE.length - 1024} B)`, () => {
    const head = acquireHead();
    parser.begin();
    const end = accepted(parser.feedResponse(head, RESPONSE, 0, false));
    releaseHead(head);
    return end;
  });
  const scanner = new ChunkScanner('response');
  run('scan a chunked body of 4 × 1 KiB', () => {
    scanner.begin('chunks');
    return accepted(scanner.scan(CHUNKED_BODY, 0, CHUNKED_BODY.length));
  });
}

function routing(): void {
  const plain = requestHead(PLAIN_REQUEST);
  const browser = requestHead(BROWSER_REQUEST);
  const one = routes(0);
  run('find the route, 1 tenant', () => accepted(one.find(plain)?.value ?? 0));
  const many = routes(10_000);
  run('find the route by path among 10,001 tenants', () => accepted(many.find(plain)?.value ?? 0));
  run('find the route by host among 10,001 tenants', () => accepted(many.find(browser)?.value ?? 0));
}

function routes(others: number): Router<number> {
  const router = new Router<number>(others + 1);
  router.add({ host: null, prefix: '/lb/', path: null }, 1);
  for (let index = 0; index < others; index++) {
    const host = index === 0 ? 'shop.example.com' : `tenant-${index}.example.com`;
    router.add({ host, prefix: index === 0 ? null : `/api-${index}/`, path: null }, index + 2);
  }
  return router;
}

function routingWithin(): void {
  const plain = requestHead(ascii('GET /users/4711/orders HTTP/1.1\r\nHost: x\r\n\r\n'));
  const exact = requestHead(ascii('GET /assets/r0/index.js?v=2 HTTP/1.1\r\nHost: x\r\nX-Canary: 1\r\n\r\n'));
  for (const count of [1, 100, 10_000]) {
    const table = ownRoutes(count);
    const among = `among ${count === 1 ? '1 route' : `${count.toLocaleString('en')} routes`} of the tenant`;
    run(`find the route by template ${among}`, () => accepted(table.find(plain)?.value ?? 0));
    // With one route there is no such one.
    if (count > 1)
      run(`find the route by path, field and query ${among}`, () => accepted(table.find(exact)?.value ?? 0));
  }
}

function ownRoutes(count: number): RouteTable<number> {
  const open = { methods: [], hosts: [], headers: [], query: [] };
  const entry = (at: number): RouteEntry<number> => {
    const pattern: PathPattern =
      at === 0
        ? { kind: 'template', text: '/users/{id}/orders' }
        : at % 2 === 0
          ? { kind: 'prefix', text: `/api/v${at}/` }
          : { kind: 'exact', text: `/assets/r${at - 1}/index.js` };
    const narrow = { headers: [{ name: 'x-canary', values: ['1'] }], query: [{ name: 'v', values: ['2'] }] };
    const match = { ...open, ...(at % 2 === 0 ? {} : narrow), paths: [pattern] };
    return { name: null, match, pattern, value: at + 1 };
  };
  return new RouteTable(Array.from({ length: count }, (_, at) => entry(at)));
}

function writing(): void {
  const plain = requestHead(PLAIN_REQUEST);
  const browser = requestHead(BROWSER_REQUEST);
  const outgoing = (head: Head) => ({
    head,
    bodyStart: 0,
    bodyEnd: 0,
    bodyForm: 'framed' as const,
    strip: PREFIX_LENGTH,
    rewritten: null,
    client: CLIENT,
    edits: null,
    marks: MARKS,
  });
  const edited = { ...outgoing(browser), edits: someEdits(requestEdit) };
  const plainRequest = outgoing(plain);
  const browserRequest = outgoing(browser);
  run('write a plain request head', () => writeRequestHead(out, plainRequest, ORIGIN));
  run("write a browser's request head", () => writeRequestHead(out, browserRequest, ORIGIN));
  run("write a browser's request head with 3 edits", () => writeRequestHead(out, edited, ORIGIN));
  const written = responseHead();
  run('write a response head', () => writeResponseHead(out, written, PLAIN_MANNER));
  const changing = { ...PLAIN_MANNER, edits: someEdits(responseEdit) };
  run('write a response head with 3 edits', () => writeResponseHead(out, written, changing));
  // Each call shifts the same head again. Its text becomes nonsense, but the number of bytes to move stays the same.
  const shifted = responseHead();
  run('shift a response head in place', () =>
    shiftResponseHead(shifted, PLAIN_MANNER, placeForAdditions(shifted, PLAIN_MANNER), shifted.bytes, 0),
  );
}

function compressing(): void {
  const request = policyRequest(requestHead(BROWSER_REQUEST));
  const response = { head: responseHead() };
  const contentTypes = ['text/html', 'application/json', 'text/plain'];
  const minBytes = bytesOf(256);
  const turns = new WorkTurns(() => millis(performance.now()), setImmediate);
  const policy = compression.create({ level: 5, min_bytes: minBytes, content_types: contentTypes }, { turns });
  const types = new MediaTypes(contentTypes);
  const { responseEdits } = request;
  const manner = { ...PLAIN_MANNER, framing: 'chunked', edits: responseEdits } as const;
  run('see that a response can be compressed', () =>
    Number(hasBody(response.head, minBytes) && isCompressible(traitsOf(response.head, types))),
  );
  run('the head of a response that is compressed, decided and written', () => {
    responseEdits.clear();
    const stage = policy.stage?.(request, response.head) ?? null;
    if (stage === null) throw new Error('it is not compressed');
    return writeResponseHead(out, response.head, manner);
  });
}

function viewing(): void {
  const head = requestHead(BROWSER_REQUEST);
  run('a request seen as strings: its path and one field', () => {
    const view = new RequestView(head, CLIENT);
    return view.path.length + (view.header('accept-language') ?? '').length;
  });
}

// A field removed, one set in the place of another, one added.
function someEdits<D extends Direction>(make: EditMaker<D>): Edits<D> {
  const edits = new Edits<D>();
  edits.add(make.remove('Server'));
  edits.add(make.set('Accept', 'text/html'));
  edits.add(make.append('Strict-Transport-Security', 'max-age=31536000'));
  return edits;
}

function balancing(): void {
  const head = requestHead(BROWSER_REQUEST);
  run('the key of a request by its client', () => balanceKey({ from: 'client' }, head, CLIENT));
  const byHeader = { from: 'header', name: 'accept-language' } as const;
  run("the key of a browser's request by a header", () => balanceKey(byHeader, head, CLIENT));
  const program = fileURLToPath(new URL('./lib/balancer-picks.ts', import.meta.url));
  for (const at of balancers.keys()) {
    const { stdout } = Bun.spawnSync([process.execPath, program, String(at)], { stderr: 'inherit' });
    timings.push(...JSON.parse(stdout.toString()));
  }
}

function deadlines(): void {
  const wheel = new TimerWheel(millis(100));
  const waiting = new Waiting();
  run('set a deadline anew', () => {
    wheel.set(waiting, millis(10_000));
    return waiting.deadlineTick;
  });
  run('set a deadline and clear it', () => {
    wheel.set(waiting, millis(10_000));
    wheel.clear(waiting);
    return waiting.bucket;
  });
}

// Nobody waits: the turn ends as soon as it is watched.
function sharing(): void {
  let endTurn: (() => void) | null = null;
  const admission = new Admission({
    now: () => millis(performance.now()),
    loopTime: () => millis(0),
    atEnd: (task) => {
      endTurn = task;
    },
    leastBegun: () => Number.POSITIVE_INFINITY,
    reportBug: () => undefined,
  });
  const share = admission.shareOf({ weight: 1, patience: millis(1000) });
  const job = new Begun();
  const serve = (): number => {
    const answer = job.askFrom(share, 0);
    job.take(1024 * BYTE_COST);
    job.settle();
    return answer.length;
  };
  run('a request asks for its share, begins and is settled, ten in a turn', () => {
    let sum = 0;
    for (let at = 0; at < 10; at++) sum += serve();
    endTurn?.();
    return sum;
  });
  run('the same, alone in its turn', () => {
    const length = serve();
    endTurn?.();
    return length;
  });
}

function requestHead(bytes: Uint8Array): Head {
  const head = new Head();
  const parser = new HeadParser(LIMITS);
  parser.begin();
  accepted(parser.feedRequest(head, bytes, 0));
  return head;
}

function responseHead(): Head {
  const head = new Head();
  const parser = new HeadParser(LIMITS);
  parser.begin();
  accepted(parser.feedResponse(head, RESPONSE.slice(), 0, false));
  return head;
}

// A step that refuses the sample is fast, and its time says nothing.
function accepted(result: number): number {
  if (result <= 0) throw new Error(`the sample is refused: ${result}`);
  return result;
}
