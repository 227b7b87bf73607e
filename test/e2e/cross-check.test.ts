// Ordinary set-ups, written once for this gateway (examples/recipes) and once for nginx or HAProxy (test/cross): the same
// requests get the same answers. What is compared is said for each: status and place always.
import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CurlAnswer } from '../support/curl.ts';
import { type Answer, ExampleStage, clientOf } from '../support/example-stage.ts';
import { ALONE } from '../support/gateway-process.ts';
import { OtherProxy } from '../support/other-proxy.ts';
import { needs } from '../support/programs.ts';

/** Words for curl; the last one is the URL. */
type Asked = readonly string[];

type SetUp = {
  readonly recipe: string;
  readonly other: string;
  readonly requests: readonly Asked[];
  /** Fields of answers that must be the same. */
  readonly fields?: readonly string[];
  /** Fields of requests that backends must have got the same. */
  readonly sent?: readonly string[];
  /** The body of an answer that no backend has made must be the same. */
  readonly isSameText?: boolean;
  readonly answer?: Answer;
  readonly files?: Readonly<Record<string, string>>;
  /** What else answers must have in common. */
  readonly also?: (answer: CurlAnswer) => unknown;
};

const ORIGIN = ['-H', 'Origin: https://app.example.com'];
const SOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];
const UPGRADE = ['--http1.1', '--max-time', '1', ...SOCKET.flatMap((field) => ['-H', field])];
// More than a megabyte, from a file that is always there.
const LARGE = ['-H', 'Content-Type: image/png', '--data-binary', `@${process.execPath}`];
const BYPASS = ['-H', 'X-Bypass: replace-this-by-a-secret'];
const BLOG = 'http://blog.example.com';
const ROBOTS = 'http://www.example.com/robots.txt';
const recipes = resolve(import.meta.dir, '../../examples/recipes');
const HASH = /hash: "([^"]+)"/.exec(readFileSync(`${recipes}/websocket-auth.yaml`, 'utf8'))?.[1] ?? '';

function verdict({ headers }: Request, backend: string): Response | null {
  if (backend !== 'http://10.1.3.9:9091') return null;
  const session = /session=(\w+)/.exec(headers.get('cookie') ?? '')?.[1];
  if (session === undefined) return new Response('who?', { status: 401, headers: { 'WWW-Authenticate': 'Bearer' } });
  return session === 'anna'
    ? new Response(null, { headers: { 'Remote-User': 'anna' } })
    : new Response(null, { status: 403 });
}

function wordpress({ url }: Request): Response | null {
  const { pathname } = new URL(url);
  if (pathname === '/private') return new Response('for you', { headers: { 'Set-Cookie': 'a=1' } });
  return pathname === '/missing' ? new Response('no', { status: 404 }) : null;
}

const setUps: readonly SetUp[] = [
  {
    recipe: 'https-and-www',
    other: 'https-and-www.nginx.conf',
    requests: [
      ['http://example.com/'],
      ['http://www.example.com/a%2Fb?c=d%20e&f'],
      ['https://example.com/a/b?c'],
      ['https://www.example.com/a%20b?c=d'],
      ['-X', 'POST', '--data', 'x=1', 'https://www.example.com/form'],
      ['-I', 'http://www.example.com/x'],
      ['https://example.com/?'],
    ],
    fields: ['location'],
    sent: ['host', 'x-forwarded-proto'],
  },
  {
    recipe: 'api-keys',
    other: 'api-keys.haproxy.cfg',
    requests: [
      ['http://api.example.com/orders'],
      ['-H', 'X-Api-Key: wrong', 'http://api.example.com/orders'],
      ...Array.from({ length: 6 }, () => [
        '-H',
        'X-Api-Key: ks_first_key',
        '-H',
        'X-Consumer: admin',
        'http://api.example.com/orders?page=2',
      ]),
      ['-H', 'X-Api-Key: ks_second_key', '--json', '{"a":1}', 'http://api.example.com/orders'],
    ],
    sent: ['x-consumer', 'x-api-key', 'x-forwarded-for'],
  },
  {
    recipe: 'forward-auth',
    other: 'forward-auth.nginx.conf',
    requests: [
      ['http://app.example.com/list'],
      ['-H', 'Cookie: session=anna', '-H', 'Remote-User: root', 'http://app.example.com/list?a=b'],
      ['-H', 'Cookie: session=bert', 'http://app.example.com/list'],
      ['-H', 'Remote-User: root', 'http://app.example.com/public/a.css'],
      ['-H', 'Cookie: session=anna', '--data', 'a=b', 'http://app.example.com/save'],
    ],
    fields: ['www-authenticate'],
    sent: ['remote-user', 'cookie'],
    answer: verdict,
  },
  {
    recipe: 'maintenance',
    other: 'maintenance.nginx.conf',
    requests: [
      ['-H', 'Accept: text/html', 'http://shop.example.com/'],
      ['-H', 'Accept: text/html', '--data', 'a=b', 'http://shop.example.com/cart?x'],
      [...BYPASS, 'http://shop.example.com/cart'],
      ['-H', 'X-Bypass: guess', '-H', 'Accept: text/html', 'http://shop.example.com/cart'],
      ['http://shop.example.com/up'],
    ],
    fields: ['retry-after'],
    sent: ['x-bypass'],
    isSameText: true,
  },
  {
    recipe: 'canary',
    other: 'canary.haproxy.cfg',
    requests: [
      ['-H', 'X-Pool: canary', 'http://shop.example.com/'],
      ['-H', 'X-Pool: default', 'http://shop.example.com/a?b'],
      ['-H', 'X-Pool: canary', '--data', 'a', 'http://shop.example.com/cart'],
    ],
  },
  {
    recipe: 'wordpress-cache',
    other: 'wordpress-cache.nginx.conf',
    requests: [
      ...['/', '/', '/?p=7', '/?p=7', '/private', '/private', '/wp-login.php', '/wp-login.php'].map((path) => [
        BLOG + path,
      ]),
      ['-H', 'Cookie: wordpress_logged_in_1=anna', `${BLOG}/`],
      ['-H', 'Cookie: wordpress_test_cookie=1', `${BLOG}/`],
      ['-X', 'POST', '--data', 's=1', `${BLOG}/wp-json/search`],
      ['-I', `${BLOG}/`],
      [`${BLOG}/missing`],
      [`${BLOG}/missing`],
    ],
    fields: ['content-type'],
    answer: wordpress,
    also: ({ headers }) => headers.get('x-cache') === 'HIT' || headers.get('cache-status')?.includes('; hit') === true,
  },
  {
    recipe: 'cors',
    other: 'cors.nginx.conf',
    requests: [
      [...ORIGIN, 'http://api.example.com/items'],
      ['-H', 'Origin: https://evil.example', 'http://api.example.com/items'],
      ['http://api.example.com/items'],
      [
        '-X',
        'OPTIONS',
        ...ORIGIN,
        '-H',
        'Access-Control-Request-Method: PUT',
        '-H',
        'Access-Control-Request-Headers: X-Csrf',
        'http://api.example.com/items/1',
      ],
      ['-X', 'PUT', ...ORIGIN, '-H', 'X-Csrf: 1', '--json', '{}', 'http://api.example.com/items/1'],
    ],
    fields: [
      'access-control-allow-origin',
      'access-control-allow-credentials',
      'access-control-allow-methods',
      'access-control-allow-headers',
      'access-control-max-age',
    ],
    sent: ['origin', 'x-csrf'],
  },
  {
    recipe: 'limits',
    other: 'limits.nginx.conf',
    requests: [
      ['http://reports.example.com/reports/1'],
      ['-A', 'Mozilla/5.0 (compatible; GPTBot/1.2)', 'http://reports.example.com/reports/1'],
      ['-A', 'ccbot/2.0', '-I', 'http://reports.example.com/'],
      ['-A', '', 'http://reports.example.com/'],
      ['--data-binary', 'a=1', 'http://reports.example.com/form'],
      [...LARGE, 'http://reports.example.com/form'],
      [...LARGE, '-H', 'Transfer-Encoding: chunked', 'http://reports.example.com/reports/1'],
      ['http://reports.example.com/reports/2'],
    ],
  },
  {
    recipe: 'uploads',
    other: 'uploads.nginx.conf',
    requests: [
      [
        '-X',
        'PUT',
        '-H',
        'Content-Type: image/png',
        '--data-binary',
        'picture',
        'http://pictures.example.com/upload/a',
      ],
      ['-X', 'PUT', '-H', 'Content-Type: text/html', '--data-binary', '<b>', 'http://pictures.example.com/upload/a'],
      [...LARGE, 'http://pictures.example.com/upload/a'],
      [...LARGE, '-H', 'Transfer-Encoding: chunked', 'http://pictures.example.com/upload/a'],
      ['-X', 'POST', '-H', 'Content-Type: text/plain', '--data-binary', 'note', 'http://pictures.example.com/notes'],
    ],
    sent: ['content-type', 'content-length'],
  },
  {
    recipe: 'websocket-auth',
    other: 'websocket-auth.nginx.conf',
    requests: [
      [...UPGRADE, 'http://chat.example.com/ws'],
      [...UPGRADE, '-u', 'anna:wrong', 'http://chat.example.com/ws'],
      [...UPGRADE, '-u', 'anna:secret', 'http://chat.example.com/ws'],
      ['-u', 'anna:secret', 'http://chat.example.com/history'],
    ],
    fields: ['sec-websocket-accept', 'x-origin'],
    sent: ['authorization'],
    files: { htpasswd: `anna:${HASH}\n` },
  },
  {
    recipe: 'static-answers',
    other: 'static-answers.nginx.conf',
    requests: [
      [ROBOTS],
      ['-I', ROBOTS],
      ['http://www.example.com/.well-known/change-password'],
      ['http://www.example.com/version'],
      ['http://www.example.com/old/page?x=1'],
      ['http://www.example.com/nothing'],
      ['http://www.example.com/olden'],
    ],
    fields: ['location', 'content-type', 'content-length'],
    isSameText: true,
  },
];

/** What both must have in common. */
function told(answer: CurlAnswer, { fields = [], sent = [], isSameText = false, also }: SetUp): object {
  const { status, headers, body } = answer;
  // Some proxies add a page to a redirect.
  if (status >= 300 && status < 400) return { status, location: headers.get('location') };
  const named = Object.fromEntries(fields.map((name) => [name, headers.get(name)]));
  const more = also?.(answer);
  if (!body.startsWith('{"origin"')) return { status, ...named, more, ...(isSameText ? { body } : {}) };
  const { origin, method, url, headers: received, body: content } = JSON.parse(body);
  // An answer of a backend has a length of its own: it tells what it has received.
  return { status, origin, method, url, content, more, sent: sent.map((name) => received[name]) };
}

test
  .skipIf(!needs('curl', 'nginx', 'haproxy'))
  .each(setUps.map((setUp) => [setUp.recipe, setUp.other, setUp] as const))(
  '%s as %s',
  async (recipe, other, setUp) => {
    // What one process has kept, another one asks for.
    await using stage = await ExampleStage.open(`recipes/${recipe}.yaml`, setUp.answer, ALONE);
    const file = resolve(import.meta.dir, '../cross', other);
    await using proxy = await OtherProxy.start(file, (text) => stage.place(text), setUp.files);
    const client = clientOf(proxy.ports);
    for (const words of setUp.requests) {
      const url = words.at(-1) ?? '';
      const [own, others] = [await stage.ask(url, ...words.slice(0, -1)), await client(url, ...words.slice(0, -1))];
      expect({ url, ...told(own, setUp) }).toEqual({ url, ...told(others, setUp) });
    }
  },
);
