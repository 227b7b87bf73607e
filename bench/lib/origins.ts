// The three identical origins behind every proxy: nginx, or Bun where nginx is not installed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { JSON_BODIES, jsonBody } from './json-body.ts';
import { waitUntilServing } from './network.ts';
import { freePort } from '../../test/support/ports.ts';
import { findProgram, type Stage } from './processes.ts';

/** The bodies that the origins serve, by path. */
export const BODIES = { '1k': 1024, '10k': 10_240, '64k': 65_536, '1m': 1_048_576, '8m': 8_388_608 } as const;

/** The pieces in which `/chunked` sends its 10 KiB. */
export const CHUNK_BYTES = 2048;

/** The fields that `/headers` sends beside the origin's own: with nginx's eight, 30 in all. */
export const RESPONSE_FIELDS: readonly (readonly [string, string])[] = Array.from({ length: 22 }, (_, index) => [
  `X-Response-Field-${index}`,
  `value ${index} of the response`,
]);

/** The running origins. */
export type Origins = { readonly ports: readonly number[]; readonly kind: 'nginx' | 'bun' };

/** How to start the origins. `kind` null: nginx if it is installed. */
export type OriginOptions = { readonly kind: 'nginx' | 'bun' | null; readonly core: number | null };

/** Where the nginx of a port speaks HTTP/2 without TLS. */
export const HTTP2_PORTS = new Map<number, number>();

const COUNT = 3;

/** Starts the origins and waits until each one serves. They run until the stage closes. */
export async function startOrigins(stage: Stage, options: OriginOptions): Promise<Origins> {
  const kind = options.kind ?? (findProgram('nginx') === null ? 'bun' : 'nginx');
  const ports: number[] = [];
  for (let index = 0; index < COUNT; index++) {
    const port = freePort();
    const directory = join(stage.directory, `origin-${index}`);
    mkdirSync(directory);
    const http2Port = freePort();
    HTTP2_PORTS.set(port, http2Port);
    const argv = kind === 'nginx' ? nginxOrigin(directory, port, http2Port) : bunOrigin(port);
    const child = stage.start({ argv, core: options.core });
    await waitUntilServing(child, `http://127.0.0.1:${port}/1k`, BODIES['1k']);
    ports.push(port);
  }
  return { ports, kind };
}

/** The part of an nginx configuration that keeps it in the foreground and inside its own directory. */
export function nginxPreamble(directory: string, connections = 4096): string {
  // Without `user`, the worker of an nginx of root runs as `nobody`, which may not enter the temporary directory.
  const user = process.getuid?.() === 0 ? 'user root root;\n' : '';
  return `${user}daemon off;
pid ${directory}/nginx.pid;
worker_processes 1;
error_log stderr error;
events { worker_connections ${connections}; }`;
}

/** The directories that nginx would otherwise look for in the system's places. */
export function nginxTemporaryPaths(directory: string): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return kinds.map((kind) => `${kind}_temp_path ${directory}/${kind};`).join(' ');
}

// A filter that replaces nothing makes the length of `/chunked` unknown; a single small buffer makes the pieces.
function nginxOrigin(directory: string, port: number, http2Port: number): readonly string[] {
  for (const [name, size] of Object.entries(BODIES)) writeFileSync(join(directory, name), 'x'.repeat(size));
  for (const [name, size] of Object.entries(JSON_BODIES)) writeFileSync(join(directory, name), jsonBody(size));
  const configuration = `${nginxPreamble(directory)}
http {
  ${nginxTemporaryPaths(directory)}
  access_log off;
  default_type text/plain;
  sendfile on;
  open_file_cache max=16;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  server {
    listen 127.0.0.1:${port};
    listen 127.0.0.1:${http2Port} http2;
    root ${directory};
    location = /health { return 200 "ok\\n"; }
    location = /upload { return 200 "ok\\n"; }
    location = /chunked {
      alias ${directory}/10k;
      sendfile off;
      output_buffers 1 ${CHUNK_BYTES};
      sub_filter_types text/plain;
      sub_filter "no such text" "";
    }
    location /json- { default_type application/json; }
    location = /headers {
      alias ${directory}/1k;
      ${RESPONSE_FIELDS.map(([name, value]) => `add_header ${name} "${value}";`).join('\n      ')}
    }
  }
}
`;
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, configuration);
  return [findProgram('nginx') ?? 'nginx', '-e', 'stderr', '-p', directory, '-c', file];
}

function bunOrigin(port: number): readonly string[] {
  return [process.execPath, fileURLToPath(new URL('./bun-origin.ts', import.meta.url)), String(port)];
}
