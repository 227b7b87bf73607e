// The programs under test, with one worker each, and two tenants by their hosts: a.test and b.test, each with its origin. Where limits
// are at their defaults, each tenant has 100 requests at a time at its origin: as the gateway, and as people set nginx and HAProxy up
// for many customers.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificate } from '../certificate.ts';
import { waitUntilServing } from '../network.ts';
import { freePort } from '../../../test/support/ports.ts';
import { nginxPreamble, nginxTemporaryPaths } from '../origins.ts';
import { type Child, findProgram, type Stage } from '../processes.ts';
import { type Case, hostOf } from './cases.ts';

const CLIENTS = 8192;
const LIMIT = 100;

export type Ports = { readonly a: number; readonly b: number };

type Setup = {
  readonly directory: string;
  readonly port: number;
  readonly tlsPort: number;
  readonly origins: Ports;
  readonly certificate: Certificate;
  readonly tested: Case;
};

export type Contender = { readonly name: string; prepare(setup: Setup): readonly string[] };

export type Contending = {
  readonly name: string;
  readonly child: Child;
  readonly url: string;
  readonly tlsUrl: string;
  /** Writes the configuration with something else in it, and has it put in force. */
  reload(turn: number): void;
};

export type Place = {
  readonly stage: Stage;
  readonly core: number | null;
  readonly origins: Ports;
  readonly certificate: Certificate;
};

export async function startContender(contender: Contender, tested: Case, place: Place): Promise<Contending> {
  const { stage, core, origins, certificate } = place;
  const [port, tlsPort] = [freePort(), freePort()];
  const directory = join(stage.directory, `${contender.name}-${port}`);
  mkdirSync(directory);
  const setup = { directory, port, tlsPort, origins, certificate, tested };
  const argv = contender.prepare(setup);
  const child = stage.start({ argv, core, environment: { GOMAXPROCS: '1', HOME: directory } });
  const url = `http://127.0.0.1:${port}/`;
  await waitUntilServing(child, `${url}1k`, 1024);
  const reload = (turn: number): void => {
    contender.prepare({ ...setup, tested: { ...tested, weight: 1 + (turn % 2) } });
    process.kill(child.pid, 'SIGHUP');
  };
  return { name: contender.name, child, url, tlsUrl: `https://127.0.0.1:${tlsPort}/`, reload };
}

/** `command`: as for other benchmarks, with `{config}` and `{port}`: that is where it speaks TLS, as its address of the command line
 * does where there is a certificate. */
export function keystone(name: string, command: string): Contender {
  return {
    name,
    prepare(setup) {
      const file = join(setup.directory, 'keystone.yaml');
      writeFileSync(file, keystoneConfiguration(setup));
      const fill = (word: string): string =>
        word.replaceAll('{config}', file).replaceAll('{port}', String(setup.tlsPort));
      return command.trim().split(/\s+/).map(fill);
    },
  };
}

function keystoneConfiguration({ origins, certificate, port, tested }: Setup): string {
  const pool = tested.isOpen ? '    pool: { max_connections: 100000, max_queue: 100000, max_idle: 5000 }\n' : '';
  const tenant = (name: string, hosts: string, origin: number, more = ''): string =>
    `  - name: ${name}
    domains: [${hosts}]
    services: [{ name: only, url: "http://127.0.0.1:${origin}", health: "" }]
${pool}${more}`;
  const others = Array.from({ length: tested.tenants ?? 0 }, (_, at) => tenant(`t${at}`, hostOf(at), origins.a));
  // 127.0.0.1: whoever waits until it serves asks without a host of its own.
  return `limits: { connections: 20000, idle_connections: 20000 }
tls: { cert_file: "${certificate.certificateFile}", key_file: "${certificate.keyFile}", enabled: true }
listeners: [{ address: "127.0.0.1:${port}", tls: false }]
tenants:
${tenant('a', 'a.test', origins.a, `    weight: ${tested.weight ?? 1}\n`)}${tenant('b', 'b.test, 127.0.0.1', origins.b)}${others.join('')}`;
}

/** Those that are installed here. */
export function installedContenders(): readonly Contender[] {
  return [nginx, haproxy, caddy].filter(({ name }) => findProgram(name) !== null);
}

const nginx: Contender = {
  name: 'nginx',
  prepare({ directory, port, tlsPort, origins, certificate, tested }) {
    const limit = tested.isOpen ? '' : `limit_conn tenants ${LIMIT};`;
    const server = (hosts: string, upstream: string): string => `  server {
    listen 127.0.0.1:${port};
    listen 127.0.0.1:${tlsPort} ssl;
    ssl_certificate ${certificate.certificateFile};
    ssl_certificate_key ${certificate.keyFile};
    server_name ${hosts};
    gzip on; gzip_comp_level 5; gzip_types application/json;
    location / { ${limit} proxy_pass http://${upstream}; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host; }
  }
`;
    const others = Array.from({ length: tested.tenants ?? 0 }, (_, at) => server(hostOf(at), 'a'));
    const upstream = (name: string, to: number): string =>
      `  upstream ${name} { server 127.0.0.1:${to}; keepalive 512; keepalive_requests 1000000000; }\n`;
    const file = join(directory, 'nginx.conf');
    writeFileSync(
      file,
      `${nginxPreamble(directory, 2 * CLIENTS)}
http {
  ${nginxTemporaryPaths(directory)}
  access_log off;
  keepalive_requests 1000000000;
  server_names_hash_max_size 65536;
  server_names_hash_bucket_size 128;
  limit_conn_zone $host zone=tenants:10m;
${upstream('a', origins.a)}${upstream('b', origins.b)}${server('b.test 127.0.0.1', 'b')}${server('a.test', 'a')}${others.join('')}}
`,
    );
    return [findProgram('nginx') ?? 'nginx', '-e', 'stderr', '-p', directory, '-c', file];
  },
};

const haproxy: Contender = {
  name: 'haproxy',
  prepare({ directory, port, tlsPort, origins, certificate, tested }) {
    const limit = tested.isOpen ? '' : ` maxconn ${LIMIT}`;
    const file = join(directory, 'haproxy.cfg');
    writeFileSync(
      file,
      `global
  nbthread 1
  no strict-limits
  maxconn ${CLIENTS}
defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 3s
  timeout client 60s
  timeout server 60s
  timeout queue 5s
frontend gateway
  bind 127.0.0.1:${port}
  bind 127.0.0.1:${tlsPort} ssl crt ${certificate.combinedFile}
  filter compression
  compression algo gzip
  compression type application/json
  use_backend a if { req.hdr(host) a.test }
  default_backend b
backend a
  server a 127.0.0.1:${origins.a}${limit}
backend b
  server b 127.0.0.1:${origins.b}${limit}
`,
    );
    return [findProgram('haproxy') ?? 'haproxy', '-db', '-f', file];
  },
};

const caddy: Contender = {
  name: 'caddy',
  prepare({ directory, port, tlsPort, origins, certificate, tested }) {
    const limit = tested.isOpen ? '' : `unhealthy_request_count ${LIMIT}`;
    const site = (hosts: readonly string[], to: number): string => `${hosts.join(', ')} {
  encode gzip
  reverse_proxy 127.0.0.1:${to} {
    ${limit}
  }
}
`;
    const tls = `https://127.0.0.1:${tlsPort} {
  tls ${certificate.certificateFile} ${certificate.keyFile}
  encode gzip
  reverse_proxy 127.0.0.1:${origins.a}
}
`;
    const file = join(directory, 'Caddyfile');
    const plain = (host: string): string => `http://${host}:${port}`;
    writeFileSync(
      file,
      `{
  admin off
  auto_https off
  storage file_system ${directory}
  default_sni 127.0.0.1
  servers {
    protocols h1
  }
}
${site([plain('a.test')], origins.a)}${site([plain('b.test'), plain('127.0.0.1')], origins.b)}${tls}`,
    );
    return ['caddy', 'run', '--adapter', 'caddyfile', '--config', file];
  },
};
