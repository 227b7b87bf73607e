// nginx and HAProxy as installed on this machine, set up as by a careful operator: the gateway is compared with them.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accepts, freePort } from './ports.ts';
import { pathOf } from './programs.ts';
import { eventually } from './eventually.ts';

const START_MILLIS = 5_000;

/** A running peer with a plain port and one that trusts forwarding fields. */
export type Peer = AsyncDisposable & { readonly name: string; readonly port: number; readonly trustingPort: number };

type Setup = {
  readonly port: number;
  readonly trustingPort: number;
  readonly backendPort: number;
  readonly directory: string;
};

/** nginx in front of the backend at this port. */
export function startNginx(backendPort: number): Promise<Peer> {
  return start('nginx', backendPort, { config: nginxConfig, command: (file) => ['-c', file] });
}

/** HAProxy in front of the backend at this port. */
export function startHaproxy(backendPort: number): Promise<Peer> {
  return start('haproxy', backendPort, { config: haproxyConfig, command: (file) => ['-db', '-f', file] });
}

async function start(
  name: 'nginx' | 'haproxy',
  backendPort: number,
  program: { readonly config: (setup: Setup) => string; readonly command: (file: string) => string[] },
): Promise<Peer> {
  const binary = pathOf(name);
  if (binary === null) throw new Error(`${name} is not installed`);
  const directory = await mkdtemp(join(tmpdir(), `peer-${name}-`));
  const [port, trustingPort] = [freePort(), freePort()];
  const file = join(directory, 'config');
  await writeFile(file, program.config({ port, trustingPort, backendPort, directory }));
  const child = Bun.spawn([binary, ...program.command(file)], {
    stdout: 'ignore',
    stderr: Bun.file(join(directory, 'stderr')),
  });
  const dispose = async (): Promise<void> => {
    child.kill('SIGTERM');
    await child.exited;
    await rm(directory, { recursive: true, force: true });
  };
  if (!(await eventually(() => accepts(port), START_MILLIS))) {
    const said = await Bun.file(join(directory, 'stderr')).text();
    await dispose();
    throw new Error(`${name} did not start: ${said}`);
  }
  return { name, port, trustingPort, [Symbol.asyncDispose]: dispose };
}

function nginxConfig({ port, trustingPort, backendPort, directory }: Setup): string {
  const server = (options: {
    listen: number;
    forwardedFor: string;
    names: string;
    rest: string;
    isTrusting?: true;
  }): string => `
    server {
      listen 127.0.0.1:${options.listen}; server_name ${options.names};
      set $client ${options.forwardedFor};
      set $proto ${options.isTrusting ? '$trusted_proto' : '$scheme'};
      set $named ${options.isTrusting ? '$trusted_host' : '$http_host'};
      ${options.rest}
      location / { proxy_pass http://backend; }
    }`;
  return `
daemon off; worker_processes 1; pid ${directory}/pid; error_log ${directory}/error.log;
events { worker_connections 1024; }
http {
  access_log off; client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/f; uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
  server_tokens off; underscores_in_headers on; merge_slashes off; large_client_header_buffers 4 16k;
  client_header_timeout 2s; client_body_timeout 2s; client_max_body_size 0;
  proxy_request_buffering off; proxy_buffering off; proxy_read_timeout 3s; proxy_http_version 1.1;
  map $http_x_forwarded_proto $trusted_proto { default $http_x_forwarded_proto; '' $scheme; }
  map $http_x_forwarded_host $trusted_host { default $http_x_forwarded_host; '' $http_host; }
  map $http_upgrade $upgrade { default ''; ~*^websocket$ websocket; }
  map $http_upgrade $hop { default ''; ~*^websocket$ upgrade; }
  proxy_set_header Host $http_host; proxy_set_header Connection $hop; proxy_set_header Upgrade $upgrade;
  proxy_set_header X-Forwarded-For $client; proxy_set_header X-Forwarded-Proto $proto; proxy_set_header X-Forwarded-Host $named;
  upstream backend { server 127.0.0.1:${backendPort}; keepalive 32; }
  ${server({ listen: port, forwardedFor: '$remote_addr', names: '_', rest: '' })}
  ${server({ listen: trustingPort, forwardedFor: '$proxy_add_x_forwarded_for', names: '_', rest: '', isTrusting: true })}
  ${server({ listen: port, forwardedFor: '$remote_addr', names: 'small.test', rest: 'client_max_body_size 1k;' })}
  ${server({
    listen: port,
    forwardedFor: '$remote_addr',
    names: 'strip.test',
    rest: 'location /api/ { proxy_pass http://backend/base/; }',
  })}
}
`;
}

function haproxyConfig({ port, trustingPort, backendPort }: Setup): string {
  return `
global
  tune.bufsize 65536
defaults
  mode http
  timeout client 3s
  timeout server 3s
  timeout connect 1s
  timeout http-request 2s
  timeout http-keep-alive 5s
  http-reuse safe
frontend plain
  bind 127.0.0.1:${port}
  acl small hdr(host) small.test
  acl strip hdr(host) -m dom strip.test
  http-request deny deny_status 413 if small { req.body_size gt 1024 }
  http-request deny deny_status 405 if METH_TRACE
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request replace-path ^/api/(.*) /base/\\1 if strip { path_beg /api/ }
  default_backend all
frontend trusting
  bind 127.0.0.1:${trustingPort}
  option forwardfor
  http-request set-header X-Forwarded-Proto http unless { req.hdr(X-Forwarded-Proto) -m found }
  http-request set-header X-Forwarded-Host %[req.hdr(host)] unless { req.hdr(X-Forwarded-Host) -m found }
  default_backend all
backend all
  server a 127.0.0.1:${backendPort}
`;
}
