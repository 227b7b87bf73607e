// A chunked request is routed once, by its head: that decision holds for its body and trailers, too.
import { expect, spyOn, test } from 'bun:test';
import { compile } from '../../src/plan/compile.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { Gateway } from '../../src/runtime/gateway.ts';
import { realWorld } from '../../src/world.ts';
import { config } from '../support/configs.ts';
import { RawClient } from '../support/raw-client.ts';
import { RawOrigin } from '../support/raw-origin.ts';

const BOUND = 10_000;
const HEAD = 'POST /x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

function planTo(origin: { readonly url: string }, trailers: boolean): Plan {
  const services = `services: [{ name: a, url: "${origin.url}" }]`;
  return compile(config(`tenants: [{ name: main, path_prefix: /, request_trailers: ${trailers}, ${services} }]`));
}

test('a chunked request is routed once, and a reload in the middle of its body changes nothing for it', async () => {
  await using before = await RawOrigin.start('before');
  await using after = await RawOrigin.start('after');
  const started = await Gateway.start({
    plan: planTo(before, true),
    address: { hostname: '127.0.0.1', port: 0 },
    world: { ...realWorld(), writeLog: () => undefined },
  });
  if (!started.ok) throw new Error(started.error);
  const gateway = started.value;
  const find = spyOn(gateway.snapshot.router, 'find');
  using client = await RawClient.open(gateway.address.port);
  await client.send(`${HEAD}3\r\nabc\r\n`);
  const first = await before.asked(0);
  await gateway.apply(planTo(after, false));
  await client.send('2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n');
  expect(await first.until(({ received }) => received.endsWith('0\r\nX-Sum: 5\r\n\r\n'), BOUND)).toBe(true);
  expect(find).toHaveBeenCalledTimes(1);
  await first.send(OK);
  await client.until(({ received }) => received.endsWith('ok'), BOUND);
  await client.send(`${HEAD}3\r\nabc\r\n0\r\nX-Sum: 3\r\n\r\n`);
  const second = await after.asked(0);
  expect(await second.until(({ received }) => received.endsWith('0\r\n\r\n'), BOUND)).toBe(true);
  gateway.stop();
});
