// A slow page of an origin that is well: not a reason to take the origin out, nor to ask for the page twice.
import { expect, test } from 'bun:test';
import { backendOf, untilEligible } from '../../support/admin.ts';
import { CarefulClient } from '../../support/careful-client.ts';
import { GatewayProcess } from '../../support/gateway-process.ts';
import { Origin } from '../../support/origin.ts';
import { until } from '../../support/until.ts';
import { pathTenant } from '../../support/yaml.ts';

const SLOW_MS = 3000;

/** Its page takes three seconds, all else no time. */
function originOf(name: string): Origin {
  return new Origin(name, async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== '/slow') return page(searchParams.get('n') ?? '');
    const answer = Promise.withResolvers<Response>();
    setTimeout(() => answer.resolve(new Response(name)), SLOW_MS);
    return await answer.promise;
  });
}

function page(number: string): Response {
  return new Response(`${number} page ${number}`);
}

test.each([
  ['among fast ones', 4],
  ['with nothing beside it', 0],
])('a slow page %s takes no origin out, and is asked for once', async (_, fastClients) => {
  using a = originOf('a');
  using b = originOf('b');
  await using gateway = await GatewayProcess.start(pathTenant('/', [a, b]));
  await untilEligible(gateway, 2);
  await using fast = new CarefulClient(gateway.port, '/page', fastClients, 20);
  if (fastClients > 0) await until(() => fast.tally.served > 50, 'fast pages are served');
  const pages = await Promise.all([1, 2, 3, 4].map(async () => await (await fetch(`${gateway.url}/slow`)).text()));
  const { served } = await fast.end();
  // Fast pages come between the slow ones and take turns as well, so which origin has how many is a matter of chance.
  if (fastClients === 0) expect(pages.toSorted()).toEqual(['a', 'a', 'b', 'b']);
  expect(pages.every((name) => name === 'a' || name === 'b')).toBe(true);
  expect(a.requests + b.requests).toBe(served + pages.length);
  for (const name of ['a', 'b']) expect((await backendOf(gateway, name)).changes).toEqual([]);
});
