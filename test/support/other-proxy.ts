// nginx or HAProxy with a configuration of a test, in the place of the gateway.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIRST } from './certificates.ts';
import { nginxHead } from './nginx-head.ts';
import { accepts, freePort } from './ports.ts';
import { pathOf } from './programs.ts';
import { until } from './until.ts';

/** Disposing ends it. */
export class OtherProxy implements AsyncDisposable {
  private constructor(
    private readonly child: Bun.Subprocess<'ignore', 'ignore', 'pipe'>,
    private readonly directory: string,
    /** The port in the configuration, and the one that it has here. */
    readonly ports: ReadonlyMap<string, number>,
  ) {}

  /** `file`: what stands in `http` of nginx (`.nginx.conf`), or proxies of HAProxy. {80} in it is an address for that port,
   * {cert}, {key} and others are files. `place` puts servers of the test in the place of backends. */
  static async start(
    file: string,
    place: (text: string) => string,
    files: Readonly<Record<string, string>> = {},
  ): Promise<OtherProxy> {
    const directory = await mkdtemp(join(tmpdir(), 'keystone-cross-'));
    let text = place(await readFile(file, 'utf8'));
    for (const [name, content] of Object.entries({ ...files, cert: FIRST.certificate, key: FIRST.key })) {
      await writeFile(join(directory, name), content);
      text = text.replaceAll(`{${name}}`, join(directory, name));
    }
    text = text.replaceAll('{store}', join(directory, 'store'));
    const ports = new Map<string, number>();
    for (const port of new Set(Array.from(text.matchAll(/\{(\d+)\}/g), ([, asked = '']) => asked))) {
      ports.set(port, freePort());
      text = text.replaceAll(`{${port}}`, `127.0.0.1:${ports.get(port)}`);
    }
    const isNginx = file.endsWith('.nginx.conf');
    await writeFile(join(directory, 'config'), isNginx ? forNginx(directory, text) : `${HAPROXY_HEAD}${text}`);
    const command = isNginx
      ? [pathOf('nginx') ?? 'nginx', '-e', 'stderr', '-c', join(directory, 'config')]
      : [pathOf('haproxy') ?? 'haproxy', '-db', '-q', '-f', join(directory, 'config')];
    const child = Bun.spawn(command, { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' });
    const proxy = new OtherProxy(child, directory, ports);
    await until(
      async () => child.exitCode !== null || (await accepts(Array.from(ports.values())[0] ?? 0)),
      'it listens',
    );
    if (child.exitCode !== null) throw new Error(await new Response(child.stderr).text());
    return proxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.child.exited;
    await rm(this.directory, { recursive: true });
  }
}

const HAPROXY_HEAD = `
global
  maxconn 200
defaults
  mode http
  option forwardfor
  timeout connect 5s
  timeout client 10s
  timeout server 10s
`;

// One process, so that it ends with this one.
function forNginx(directory: string, text: string): string {
  return `master_process off;${nginxHead(directory)}\n${text}\n}\n`;
}
