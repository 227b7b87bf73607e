// The directory of an authority is read again when it may have changed.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { Session } from '../../src/acme/session.ts';
import type { WebAnswer, WebRequest } from '../../src/core/web.ts';

const DAY = 86_400_000;
const never = new AbortController().signal;

let now = DAY;
let reads = 0;
/** What the authority answers elsewhere than at its directory. */
let elsewhere: () => Response;
let server: ReturnType<typeof Bun.serve>;
let session: Session;

beforeEach(() => {
  [now, reads] = [DAY, 0];
  elsewhere = () => Response.json({});
  server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch({ url }) {
      if (new URL(url).pathname !== '/directory') return elsewhere();
      reads++;
      const place = (name: string): string => new URL(`/${reads}/${name}`, url).href;
      return Response.json({ newNonce: place('nonce'), newAccount: place('account'), newOrder: place('order') });
    },
  });
  session = new Session(`${server.url.href}directory`, { send, wall: () => now, rest: () => Promise.resolve() });
});

afterEach(() => server.stop(true));

async function send({ url, method, signal }: WebRequest): Promise<WebAnswer> {
  const response = await fetch(url, { method, signal });
  return { status: response.status, text: await response.text(), field: (name) => response.headers.get(name) };
}

async function order(): Promise<string> {
  const opened = await session.open(never);
  return opened.ok ? new URL(opened.value.newOrder).pathname : opened.error.message;
}

test('it is read once a day', async () => {
  expect([await order(), await order()]).toEqual(['/1/order', '/1/order']);
  now += DAY - 1;
  expect(await order()).toBe('/1/order');
  now += 1;
  expect([await order(), await order(), reads]).toEqual(['/2/order', '/2/order', 2]);
});

for (const [what, answer] of [
  ['there is nothing', () => new Response('', { status: 404 })],
  ['there is nothing any more', () => new Response('', { status: 410 })],
  [
    'nobody understands it',
    () => Response.json({ type: 'urn:ietf:params:acme:error:malformed', detail: 'what?' }, { status: 400 }),
  ],
] as const)
  test(`it is read again where ${what}`, async () => {
    await order();
    elsewhere = answer;
    expect((await session.get(`${server.url.href}somewhere`, never)).ok).toBe(false);
    expect(await order()).toBe('/2/order');
  });

test('it stays where an authority is busy', async () => {
  await order();
  elsewhere = () => new Response('', { status: 503 });
  expect((await session.get(`${server.url.href}somewhere`, never)).ok).toBe(false);
  expect([await order(), reads]).toEqual(['/1/order', 1]);
});
