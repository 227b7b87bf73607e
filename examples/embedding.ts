// A gateway inside a program, such as a test: bun embedding.ts
import { ConfigError, createGateway, defineConfig } from 'keystone-gateway';

const origin = Bun.serve({ port: 0, fetch: (request) => new Response(`origin: ${new URL(request.url).pathname}`) });

const shop = (prefix: string) =>
  defineConfig({
    timeouts: { first_byte: '2s' },
    tenants: [
      {
        name: 'shop',
        path_prefix: prefix,
        balance: 'least_requests',
        services: [{ name: 'a', url: `http://127.0.0.1:${origin.port}`, health: '/health' }],
      },
    ],
  });

// It listens on a port that the system chooses, since the configuration names none.
const gateway = await createGateway(shop('/shop/'), { log: () => undefined });
await gateway.settled();
console.log(await (await fetch(`${gateway.url}/shop/cart`)).text());
console.log(gateway.tenants().map(({ name, status }) => `${name} ${status}`));

// Another configuration, while requests are served.
console.log(await gateway.reload(shop('/')));
console.log(await (await fetch(`${gateway.url}/cart`)).text());

// A configuration with mistakes changes nothing.
const refused = await gateway.reload({ tenants: [{ name: 'shop', services: [] }] }).catch((error: unknown) => error);
if (refused instanceof ConfigError) console.log(refused.problems);

console.log(await gateway.shutdown());
await origin.stop();
