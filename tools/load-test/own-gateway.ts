// Starts and ends the gateway that the load test brings along, with its origins and its certificate.
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Result, err, ok } from '../../src/core/result.ts';
import { type Millis, millis } from '../../src/core/units.ts';
import { spawnSelf } from '../../src/world/spawn-self.ts';
import { type Origin, startOrigins } from '../origins/origin.ts';
import { makeCertificate } from './certificate.ts';
import { CERTIFICATE_NAMES, ORIGINS, configText } from './setting.ts';

const READY = /listening on (https:\/\/\S+)/;
const START_LIMIT = millis(10_000);
const END_LIMIT = millis(5000);
const AT_ONCE = { least: 0, most: 0 };

/** A gateway over HTTPS with two hosts and three origins, each a process of its own. */
export class OwnGateway {
  private constructor(
    /** Without a slash at its end. */
    readonly url: string,
    /** Of its operator. */
    readonly token: string,
    private readonly origins: readonly Origin[],
    private readonly child: Bun.Subprocess<'pipe', 'pipe', 'pipe'>,
    private readonly remove: () => void,
  ) {}

  /** Starts everything, or nothing. The error is one line for people. */
  static async start(): Promise<Result<OwnGateway, string>> {
    const origins = await startOrigins(ORIGINS, AT_ONCE);
    if (!origins.ok) return origins;
    const directory = await mkdtemp(join(tmpdir(), 'keystone-load-test-'));
    const remove = (): void => rmSync(directory, { recursive: true, force: true });
    // A second Ctrl-C, or the loss of the terminal, ends this process before `stop`: the key must not stay on disk.
    process.on('exit', remove);
    const token = crypto.randomUUID();
    await writeFiles(directory, configText(origins.value, token));
    const options = { cwd: directory, stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' } as const;
    const child = spawnSelf('load-test-gateway', ['keystone.yaml'], options);
    const url = await firstUrl(child.stdout, START_LIMIT);
    if (url !== null) {
      // Read the gateway's log, or it would fill the pipe and block the gateway.
      void drain(child.stderr);
      return ok(new OwnGateway(url, token, origins.value, child, remove));
    }
    child.kill('SIGKILL');
    for (const origin of origins.value) origin.kill();
    remove();
    return err(`the gateway did not start: ${(await new Response(child.stderr).text()).trim()}`);
  }

  /** The origin with this name. */
  origin(name: string): Origin | undefined {
    return this.origins.find((origin) => origin.name === name);
  }

  async stop(): Promise<void> {
    // It ends when its standard input does, and takes its workers along.
    await this.child.stdin.end();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), END_LIMIT);
    for (const origin of this.origins) origin.kill();
    await this.child.exited;
    clearTimeout(timer);
    this.remove();
  }
}

async function writeFiles(directory: string, config: string): Promise<void> {
  const { certificate, key } = makeCertificate(CERTIFICATE_NAMES, Date.now());
  await writeFile(join(directory, 'certificate.pem'), certificate);
  await writeFile(join(directory, 'key.pem'), key, { mode: 0o600 });
  await writeFile(join(directory, 'keystone.yaml'), config);
}

async function firstUrl(output: ReadableStream<Uint8Array>, limit: Millis): Promise<string | null> {
  const reader = output.getReader();
  const decoder = new TextDecoder();
  const timer = setTimeout(() => void reader.cancel(), limit);
  let text = '';
  let found: string | null = null;
  while (found === null) {
    const { value, done } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
    found = READY.exec(text)?.[1] ?? null;
  }
  clearTimeout(timer);
  return found;
}

async function drain(output: ReadableStream<Uint8Array>): Promise<void> {
  for await (const chunk of output) void chunk;
}
