// The programs under test as a careful operator sets them up against failing origins: probes every second where the
// program has them, two more attempts where that is safe, 10 s for a first byte.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GATEWAY_COMMAND } from './options.ts';
import { nginxPreamble, nginxTemporaryPaths } from './origins.ts';
import { findProgram } from './processes.ts';
import { PREFIX, type Program, type Setup } from './proxies.ts';

/** The programs that are installed here, the gateway first. */
export function faultPrograms(): readonly Program[] {
  return [keystone, ...[nginx, haproxy, caddy].filter(({ name }) => findProgram(name) !== null)];
}

const keystone: Program = {
  name: 'keystone',
  prepare({ directory, port, origins }) {
    const services = origins.map((origin, at) => `      - { name: "${at}", url: "${url(origin)}", health: "/health" }`);
    const file = write(
      directory,
      'keystone.yaml',
      `tenants:
  - name: "lb"
    path_prefix: "${PREFIX}"
    health_interval: 1
    services:
${services.join('\n')}
`,
    );
    const fill = (word: string): string => word.replaceAll('{config}', file).replaceAll('{port}', String(port));
    return { argv: GATEWAY_COMMAND.split(' ').map(fill) };
  },
};

// nginx cannot probe; instead it may try the next origin after an error.
const nginx: Program = {
  name: 'nginx',
  prepare({ directory, port, origins }) {
    const file = write(
      directory,
      'nginx.conf',
      `${nginxPreamble(directory)}
http {
  ${nginxTemporaryPaths(directory)}
  access_log off;
  upstream origins {
    ${origins.map((origin) => `server 127.0.0.1:${origin} max_fails=3 fail_timeout=5s;`).join(' ')}
    keepalive 128;
  }
  server {
    listen 127.0.0.1:${port};
    location ${PREFIX} {
      proxy_pass http://origins/;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_connect_timeout 3s;
      proxy_read_timeout 10s;
      proxy_next_upstream error timeout invalid_header http_500 http_502 http_503 http_504;
      proxy_next_upstream_tries 3;
    }
  }
}
`,
    );
    return { argv: [findProgram('nginx') ?? 'nginx', '-e', 'stderr', '-p', directory, '-c', file] };
  },
};

const haproxy: Program = {
  name: 'haproxy',
  prepare({ directory, port, origins }) {
    const file = write(
      directory,
      'haproxy.cfg',
      `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 3s
  timeout client 60s
  timeout server 10s
  timeout check 1s
  option redispatch 1
  retries 2
  retry-on all-retryable-errors
frontend gateway
  bind 127.0.0.1:${port}
  default_backend origins
backend origins
  balance roundrobin
  option httpchk GET /health
  default-server check inter 1s fall 3 rise 2
  http-request set-path %[path,bytes(${PREFIX.length - 1})]
${origins.map((origin) => `  server origin-${origin} 127.0.0.1:${origin}`).join('\n')}
`,
    );
    return { argv: [findProgram('haproxy') ?? 'haproxy', '-db', '-f', file] };
  },
};

const caddy: Program = {
  name: 'caddy',
  prepare({ directory, port, origins }) {
    const file = write(
      directory,
      'Caddyfile',
      `{
  admin off
  auto_https off
  storage file_system ${directory}
  servers {
    protocols h1
  }
}
http://127.0.0.1:${port} {
  handle_path ${PREFIX}* {
    reverse_proxy ${origins.map((origin) => `127.0.0.1:${origin}`).join(' ')} {
      lb_policy round_robin
      lb_retries 2
      health_uri /health
      health_interval 1s
      health_timeout 1s
      fail_duration 5s
      max_fails 3
      unhealthy_status 5xx
      transport http {
        dial_timeout 3s
        response_header_timeout 10s
        keepalive_idle_conns_per_host 128
      }
    }
  }
}
`,
    );
    const environment = { GOMAXPROCS: '1', HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory };
    return { argv: ['caddy', 'run', '--adapter', 'caddyfile', '--config', file], environment };
  },
};

function url(port: Setup['port']): string {
  return `http://127.0.0.1:${port}`;
}

function write(directory: string, name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
}
