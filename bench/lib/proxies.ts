// The programs under test, each with one worker, and configured to do the same: strip the prefix, spread requests evenly
// over the origins on kept connections, and forward the client's address. All but nginx, which cannot, probe the origins.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificate } from './certificate.ts';
import { waitUntilServing } from './network.ts';
import { freePort } from '../../test/support/ports.ts';
import { nginxPreamble, nginxTemporaryPaths } from './origins.ts';
import { type Child, findProgram, type Stage } from './processes.ts';

/** What the configuration of a proxy is made of. */
export type Setup = {
  /** An empty directory for this proxy alone. */
  readonly directory: string;
  readonly port: number;
  readonly origins: readonly number[];
  readonly certificate: Certificate | null;
  /** Connections that clients may have open at a time. */
  readonly clients: number;
  /** Where a line of JSON goes for each request; absent: nowhere. */
  readonly logsTo?: LogPlace | undefined;
};

/** HAProxy writes no files: its lines go to a port of UDP, as they usually go to a syslog daemon. */
export type LogPlace = { readonly file: string; readonly udpPort: number };

/** A program under test: writes its configuration and says how to run it. */
export type Program = {
  readonly name: string;
  prepare(setup: Setup): { readonly argv: readonly string[]; readonly environment?: Readonly<Record<string, string>> };
};

/** A proxy that is running and serves requests. */
export type RunningProgram = { readonly name: string; readonly child: Child; readonly baseUrl: string };

/** The path prefix under which every proxy serves the origins. */
export const PREFIX = '/lb/';

const DEFAULT_CLIENTS = 4096;

/** The other programs that are installed here. */
export function installedPeers(): readonly Program[] {
  return [nginx, haproxy, caddy].filter((peer) => findProgram(peer.name) !== null);
}

/** Starts a proxy and waits until it passes on the origins' answer. */
export async function startProxy(
  stage: Stage,
  proxy: Program,
  options: {
    readonly origins: readonly number[];
    readonly certificate: Certificate | null;
    readonly core: number | null;
    readonly clients?: number;
    readonly logsTo?: LogPlace;
  },
): Promise<RunningProgram> {
  const port = freePort();
  const directory = join(stage.directory, `${proxy.name.replaceAll(/\W+/g, '-')}-${port}`);
  mkdirSync(directory);
  const { argv, environment } = proxy.prepare({ directory, port, clients: DEFAULT_CLIENTS, ...options });
  const child = stage.start({ argv, core: options.core, environment: { ...environment } });
  const baseUrl = `${options.certificate === null ? 'http' : 'https'}://127.0.0.1:${port}`;
  await waitUntilServing(child, `${baseUrl}${PREFIX}1k`, 1024);
  return { name: proxy.name, child, baseUrl };
}

// Two connections for each client, since nginx closes idle ones when few are left.
// With its default buffer of 16k for a request body, nginx would write the bodies of the upload scenario to a file, at three
// times the cost, which would tell nothing about proxying.
const nginx: Program = {
  name: 'nginx',
  prepare({ directory, port, origins, certificate, clients, logsTo }) {
    const tls =
      certificate === null
        ? ''
        : `ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate ${certificate.certificateFile};
    ssl_certificate_key ${certificate.keyFile};`;
    const configuration = `${nginxPreamble(directory, 2 * clients)}
http {
  ${nginxTemporaryPaths(directory)}
  ${logsTo === undefined ? 'access_log off;' : nginxLog(logsTo)}
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  upstream origins {
    ${origins.map((origin) => `server 127.0.0.1:${origin};`).join(' ')}
    keepalive 128;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port}${certificate === null ? '' : ' ssl http2'};
    ${tls}
    location ${PREFIX} {
      proxy_pass http://origins/;
      client_body_buffer_size 64k;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
    }
    location ${PREFIX}json- {
      proxy_pass http://origins/json-;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      gzip on;
      gzip_comp_level 5;
      gzip_types application/json;
      gzip_vary on;
    }
    location ${PREFIX}websocket {
      proxy_pass http://origins/websocket;
      proxy_http_version 1.1;
      proxy_read_timeout 1h;
      proxy_set_header Connection "upgrade";
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
    }
  }
}
`;
    const file = join(directory, 'nginx.conf');
    writeFileSync(file, configuration);
    return { argv: [findProgram('nginx') ?? 'nginx', '-e', 'stderr', '-p', directory, '-c', file] };
  },
};

// Without `no strict-limits`, HAProxy does not start if it cannot have two descriptors for each client.
const haproxy: Program = {
  name: 'haproxy',
  prepare({ directory, port, origins, certificate, clients, logsTo }) {
    const log = logsTo === undefined ? '' : haproxyLog(logsTo);
    const tls = certificate === null ? '' : ` ssl crt ${certificate.combinedFile} ssl-min-ver TLSv1.2 alpn h2,http/1.1`;
    const configuration = `global
  nbthread 1
  no strict-limits
  maxconn ${clients}
defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 3s
  timeout client 60s
  timeout http-keep-alive 1h
  timeout server 60s
  timeout tunnel 1h
frontend gateway
  bind 127.0.0.1:${port}${tls}
${log}  use_backend origins if { path_beg ${PREFIX} }
backend origins
  balance roundrobin
  option forwardfor
  option httpchk GET /health
  http-request set-path %[path,bytes(${PREFIX.length - 1})]
  http-request set-header X-Forwarded-Proto ${certificate === null ? 'http' : 'https'}
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
${origins.map((origin) => `  server origin-${origin} 127.0.0.1:${origin} check inter 30s`).join('\n')}
`;
    const file = join(directory, 'haproxy.cfg');
    writeFileSync(file, configuration);
    return { argv: [findProgram('haproxy') ?? 'haproxy', '-db', '-f', file] };
  },
};

// Of each request the same: a place for every field that the gateway's line has.
const NGINX_FIELDS = {
  time: '$time_iso8601',
  request_id: '$request_id',
  client: '$remote_addr',
  client_port: '$remote_port',
  pool: '$proxy_host',
  listener: '$server_addr:$server_port',
  method: '$request_method',
  scheme: '$scheme',
  host: '$host',
  path: '$uri',
  query: '$args',
  protocol: '$server_protocol',
  status: '$status',
  bytes_in: '$request_length',
  bytes_out: '$bytes_sent',
  duration_ms: '$request_time',
  first_byte_ms: '$upstream_header_time',
  backend: '$upstream_addr',
  user_agent: '$http_user_agent',
  referer: '$http_referer',
};

function nginxLog({ file }: LogPlace): string {
  return `log_format fields escape=json '${JSON.stringify(NGINX_FIELDS)}';
  access_log ${file} fields buffer=64k flush=1s;`;
}

const HAPROXY_FIELDS = {
  time: '%tr',
  request_id: '%ID',
  client: '%ci',
  client_port: '%cp',
  pool: '%b',
  listener: '%fi:%fp',
  method: '%HM',
  scheme: 'http',
  host: '%[capture.req.hdr(0),json(utf8s)]',
  path: '%[capture.req.uri,json(utf8s)]',
  protocol: '%HV',
  status: '%ST',
  bytes_in: '%U',
  bytes_out: '%B',
  duration_ms: '%Ta',
  first_byte_ms: '%Tr',
  backend: '%s',
  user_agent: '%[capture.req.hdr(1),json(utf8s)]',
  referer: '%[capture.req.hdr(2),json(utf8s)]',
};

function haproxyLog({ udpPort }: LogPlace): string {
  const format = JSON.stringify(HAPROXY_FIELDS).replaceAll('"', String.raw`\"`);
  return `  log 127.0.0.1:${udpPort} format raw local0
  unique-id-format %{+X}o%ci:%cp_%fi:%fp_%Ts_%rt:%pid
  capture request header Host len 128
  capture request header User-Agent len 256
  capture request header Referer len 256
  log-format "${format}"
`;
}

const caddy: Program = {
  name: 'caddy',
  prepare({ directory, port, origins, certificate }) {
    const tls = certificate === null ? '' : `tls ${certificate.certificateFile} ${certificate.keyFile}`;
    // Without auto_https off, Caddy would also listen on port 80; the storage options keep it inside its directory.
    const configuration = `{
  admin off
  auto_https off
  storage file_system ${directory}
  default_sni 127.0.0.1
  servers {
    protocols h1
  }
}
${certificate === null ? 'http' : 'https'}://127.0.0.1:${port} {
  ${tls}
  handle_path ${PREFIX}* {
    reverse_proxy ${origins.map((origin) => `127.0.0.1:${origin}`).join(' ')} {
      lb_policy round_robin
      health_uri /health
      transport http {
        keepalive_idle_conns_per_host 128
      }
    }
  }
}
`;
    const file = join(directory, 'Caddyfile');
    writeFileSync(file, configuration);
    const environment = { GOMAXPROCS: '1', HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory };
    return { argv: ['caddy', 'run', '--adapter', 'caddyfile', '--config', file], environment };
  },
};
