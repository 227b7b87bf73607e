// Real programs as backends, all with the same content. Bun serves what nginx and HAProxy cannot serve themselves.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LARGE, content } from './content.ts';
import { Origin } from './origin.ts';
import { nginxHead } from './nginx-head.ts';
import { accepts, freePort } from './ports.ts';
import { pathOf } from './programs.ts';
import { until } from './until.ts';

/** A running server. Disposing ends it. */
export type RealServer = AsyncDisposable & { readonly name: string; readonly url: string };

/** Bun.serve, in this process. */
export function startBun(): Promise<RealServer> {
  const origin = new Origin('bun', content);
  return Promise.resolve({ name: 'bun', url: origin.url, [Symbol.asyncDispose]: () => origin.stop() });
}

/** node:http. */
export async function startNode(): Promise<RealServer> {
  const node = pathOf('node');
  if (node === null) throw new Error('node is not installed');
  const child = Bun.spawn([node, join(import.meta.dir, 'node-server.mjs')], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  });
  const { value } = await child.stdout.getReader().read();
  const port = /listening (\d+)/.exec(new TextDecoder().decode(value))?.[1];
  const dispose = async (): Promise<void> => {
    child.kill('SIGKILL');
    await child.exited;
  };
  return { name: 'node', url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: dispose };
}

/** nginx, which serves files. */
export function startNginx(): Promise<RealServer> {
  return start('nginx', ['-c'], nginxConfig);
}

/** HAProxy. */
export function startHaproxy(): Promise<RealServer> {
  return start('haproxy', ['-db', '-f'], haproxyConfig);
}

type Setup = { readonly port: number; readonly directory: string; readonly content: Origin };

async function start(name: string, words: readonly string[], config: (setup: Setup) => string): Promise<RealServer> {
  const directory = await mkdtemp(join(tmpdir(), `keystone-${name}-`));
  const setup: Setup = { port: freePort(), directory, content: new Origin('content', content) };
  await writeFile(join(directory, 'config'), config(setup));
  await writeFile(join(directory, 'hello'), 'hello\n');
  await writeFile(join(directory, 'large'), LARGE);
  const child = Bun.spawn([pathOf(name) ?? name, ...words, join(directory, 'config')], {
    stdout: 'ignore',
    stderr: 'ignore',
  });
  const dispose = async (): Promise<void> => {
    child.kill('SIGTERM');
    await child.exited;
    await setup.content.stop();
    await rm(directory, { recursive: true });
  };
  try {
    await until(() => accepts(setup.port), `${name} listens`);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { name, url: `http://127.0.0.1:${setup.port}`, [Symbol.asyncDispose]: dispose };
}

function nginxConfig({ port, directory, content: { url } }: Setup): string {
  return `${nginxHead(directory)}
  default_type text/plain; client_max_body_size 0; keepalive_requests 100000;
  server {
    listen 127.0.0.1:${port};
    location / { root ${directory}; }
    location = /nothing { return 204; }
    location = /echo { proxy_pass ${url}; proxy_http_version 1.1; proxy_set_header Connection ''; }
  }
}
`;
}

function haproxyConfig({ port, content: { url } }: Setup): string {
  return `
defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 5s
  timeout http-keep-alive 30s
frontend all
  bind 127.0.0.1:${port}
  default_backend content
backend content
  server content ${url.replace('http://', '')}
`;
}
