// A gateway with one of the examples: its listeners at ports that the system chooses, and a real server in the place of each
// backend that it names.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { certify } from './example-certificates.ts';
import { type CurlAnswer, curl } from './curl.ts';
import { GatewayProcess } from './gateway-process.ts';
import type { Seen } from './origin.ts';
import { until } from './until.ts';

const EXAMPLES = resolve(import.meta.dir, '../../examples');
const BACKENDS = /"(http:\/\/10\.\d[\d.]*:\d+|unix:\/[^"]+)/g;

/** What a backend answers, in place of telling what it has received. Null: it tells that. */
export type Answer = (request: Request, backend: string) => Response | null;

export class ExampleStage implements AsyncDisposable {
  private constructor(
    private readonly gateway: GatewayProcess,
    private readonly servers: readonly ReturnType<typeof serve>[],
    private readonly ports: ReadonlyMap<string, number>,
    private readonly made: { readonly backends: ReadonlyMap<string, number>; readonly authority: string },
  ) {}

  /** `file`: below examples/. */
  static async open(
    file: string,
    answer: Answer = () => null,
    environment: Record<string, string> = {},
  ): Promise<ExampleStage> {
    const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
    const path = join(EXAMPLES, file);
    let text = (await readFile(path, 'utf8')).replaceAll('./', `${dirname(path)}/`);
    const servers: ReturnType<typeof serve>[] = [];
    const backends = new Map<string, number>();
    for (const backend of new Set(Array.from(text.matchAll(BACKENDS), ([, url = '']) => url))) {
      const socket = join(directory, `${servers.length}.sock`);
      const server = serve(backend, socket, answer);
      servers.push(server);
      if (server.port !== undefined) backends.set(backend, server.port);
      text = text.replaceAll(
        backend,
        backend.startsWith('unix:') ? `unix:${socket}` : `http://127.0.0.1:${server.port}`,
      );
    }
    const addresses = Array.from(text.matchAll(/address: ":(\d+)"/g), ([, port = '']) => port);
    text = text
      .replaceAll(/address: ":\d+"/g, 'address: "127.0.0.1:0"')
      .replaceAll(/(_file|folder): ("?)\/etc\//g, `$1: $2${directory}/etc/`);
    const authority = await certify(directory, text);
    const admin = /^admin:/m.test(text) ? '' : '\nadmin: { address: "127.0.0.1:0" }\n';
    await writeFile(join(directory, 'keystone.yaml'), `${text}${admin}`);
    const words = ['--config', 'keystone.yaml', '--addr', '127.0.0.1:0'];
    const gateway = await GatewayProcess.startIn(directory, words, environment);
    return new ExampleStage(gateway, servers, await portsOf(gateway, addresses), { backends, authority });
  }

  /** The names of its tenants, as operators see them. */
  async tenants(): Promise<readonly string[]> {
    const response = await fetch(`${this.gateway.admin}/tenants`);
    const { tenants } = (await response.json()) as { tenants: readonly { name: string }[] };
    return tenants.map(({ name }) => name);
  }

  /** For files of the test; it goes with the stage. */
  get directory(): string {
    return this.gateway.directory;
  }

  /** Asks as a client of the site would, by curl. The certificate must be for the host that it asks. */
  ask(url: string, ...words: readonly string[]): Promise<CurlAnswer> {
    return clientOf(this.ports, ['--cacert', this.made.authority])(url, ...words);
  }

  /** Asks, and returns what the backend has received; `origin` is its address as in the example. */
  async seen(url: string, ...words: readonly string[]): Promise<Seen> {
    const answer = await this.ask(url, ...words);
    if (!answer.body.startsWith('{"origin"')) throw new Error(`${url}: ${answer.status} ${answer.body}`);
    return JSON.parse(answer.body) as Seen;
  }

  /** Which backend answers a WebSocket handshake; otherwise the status. */
  async socket(url: string, ...words: readonly string[]): Promise<string> {
    const fields = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    const all = [...fields, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='].flatMap((field) => ['-H', field]);
    const { headers, status } = await this.ask(url, '--http1.1', '--max-time', '1', ...all, ...words);
    return headers.get('x-origin') ?? String(status);
  }

  /** A text with servers of this stage in the place of the backends that it names, such as 10.0.0.1:3000. */
  place(text: string): string {
    let placed = text;
    for (const [backend, port] of this.made.backends)
      placed = placed.replaceAll(backend.replace('http://', ''), `127.0.0.1:${port}`);
    return placed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway[Symbol.asyncDispose]();
    for (const server of this.servers) void server.stop(true);
    await rm(this.gateway.directory, { recursive: true, force: true });
  }
}

/** curl as a client of a site whose ports are others here. The first word is the URL. `trust`: whose certificates it believes. */
export function clientOf(
  ports: ReadonlyMap<string, number>,
  trust: readonly string[] = ['--insecure'],
): (url: string, ...words: readonly string[]) => Promise<CurlAnswer> {
  return (url, ...words) => {
    const { hostname, port, protocol } = new URL(url.replace(/\[.*\]/, ''));
    const asked = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
    const own = ports.get(asked);
    if (own === undefined) throw new Error(`nobody listens for ${asked}`);
    return curl(...trust, '--connect-to', `${hostname}:${asked}:127.0.0.1:${own}`, ...words, url);
  };
}

// The address of the command line comes first, then those of the file in their order.
async function portsOf(gateway: GatewayProcess, addresses: readonly string[]): Promise<Map<string, number>> {
  const all = () =>
    Array.from(gateway.output.matchAll(/listening on https?:\/\/\S+:(\d+)/g), ([, port]) => Number(port));
  await until(() => all().length > addresses.length, 'it listens everywhere');
  const own = all().slice(1);
  return new Map(addresses.map((address, at) => [address, own[at] ?? 0]));
}

function serve(backend: string, socket: string, answer: Answer): Bun.Server<undefined> {
  const fetch = async (request: Request, server: Bun.Server<undefined>): Promise<Response | undefined> => {
    if (server.upgrade(request, { headers: { 'X-Origin': backend } })) return undefined;
    return answer(request, backend) ?? (await describe(request, backend));
  };
  const websocket = { message: () => undefined };
  return backend.startsWith('unix:')
    ? Bun.serve({ unix: socket, fetch, websocket })
    : Bun.serve({ hostname: '127.0.0.1', port: 0, fetch, websocket });
}

// The last two are what checks of the examples look for.
async function describe(request: Request, backend: string): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const seen: Seen = {
    origin: backend,
    method: request.method,
    url: pathname + search,
    headers: Object.fromEntries(request.headers),
    body: await request.text(),
  };
  return Response.json({ ...seen, maintenance: false, state: 'Healthy' });
}
