// The image of deploy/docker without a container engine: its files, laid out by the same script, as the root of a process of
// their own, which is process 1, is not root, and sees no other process.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Origin } from '../support/origin.ts';
import { ROOT, type Ran, builtExecutable, ran } from '../support/packed.ts';
import { until } from '../support/until.ts';

const SLOW = 120_000;
const USER = '10001:10001';
const READY = /listening on (\S+)/;

// An engine gives devices and /proc.
const ENTER = `
  mount --rbind /dev "$IMAGE/dev" && mount -t proc proc "$IMAGE/proc" &&
  exec env -i $VARIABLES "$CHROOT" --userspec=${USER} "$IMAGE" /usr/bin/keystone run`;

const may =
  process.getuid?.() === 0 &&
  Bun.spawnSync(['unshare', '--mount', '--pid', '--fork', 'true'], { stderr: 'ignore' }).success;

let folder: string;
let image: string;
let dockerfile: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keystone-image-'));
  image = join(folder, 'root');
  dockerfile = await readFile(join(ROOT, 'deploy/docker/Dockerfile'), 'utf8');
  if (!may) return;
  const laid = await ran([join(ROOT, 'deploy/docker/image.sh'), await builtExecutable(), image], '/');
  if (laid.code !== 0) throw new Error(laid.errors);
}, SLOW);

afterAll(() => rm(folder, { recursive: true }));

describe.skipIf(!may)('the image', () => {
  test('holds one program, what it is linked to, and certificates', async () => {
    const { out } = await ran(['find', '.', '-type', 'f'], image);
    const files = out.trim().split('\n').toSorted();
    const libraries = files.filter((file) => /\/(lib[a-z]+|ld-linux-[\w-]+)\.so\.\d+$/.test(file));
    expect(libraries.length).toBeGreaterThan(1);
    expect(files.filter((file) => !libraries.includes(file))).toEqual([
      './etc/group',
      './etc/passwd',
      './etc/ssl/certs/ca-certificates.crt',
      './usr/bin/keystone',
    ]);
    const { out: owned } = await ran(['find', '.', '-user', '10001'], image);
    expect(owned).toBe('./var/lib/keystone\n');
  });

  test('serves as process 1 and not as root, says that it is well, and ends when it is told to', async () => {
    using origin = new Origin('a');
    await mkdir(join(image, 'dev'));
    await mkdir(join(image, 'proc'));
    await writeFile(
      join(image, 'etc/keystone/keystone.yaml'),
      `admin: { address: "unix:/tmp/admin.sock" }
listeners: [{ address: "127.0.0.1:0" }]
tenants: [{ name: main, path_prefix: "/", services: [{ name: only, url: "${origin.url}" }] }]\n`,
    );
    await using container = Container.start(image, variablesOf(dockerfile));
    await until(() => READY.test(container.output), 'it listens');
    expect((await fetch(READY.exec(container.output)?.[1] ?? '')).status).toBe(200);
    const pid = await container.pid();
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    expect(status).toMatch(/^NSpid:\t\d+\t1$/m);
    expect(status).toMatch(/^Uid:\t10001\t10001\t10001\t10001$/m);
    expect(await container.run(healthCheckOf(dockerfile), pid)).toMatchObject({ code: 0 });
    expect(await Bun.file(join(image, 'var/lib/keystone/lock')).exists()).toBe(true);
    process.kill(pid, 'SIGTERM');
    expect(await container.exited).toBe(0);
  });
});

class Container implements AsyncDisposable {
  output = '';

  private constructor(
    private readonly child: Bun.Subprocess<'ignore', 'pipe', 'inherit'>,
    private readonly variables: readonly string[],
  ) {
    void this.collect();
  }

  static start(root: string, variables: readonly string[]): Container {
    const child = Bun.spawn(['unshare', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', ENTER], {
      env: {
        PATH: process.env['PATH'],
        IMAGE: root,
        VARIABLES: variables.join(' '),
        CHROOT: Bun.which('chroot') ?? 'chroot',
      },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'inherit',
    });
    return new Container(child, variables);
  }

  get exited(): Promise<number> {
    return this.child.exited;
  }

  /** Of its process 1, as it is called outside. */
  async pid(): Promise<number> {
    return Number((await readFile(`/proc/${this.child.pid}/task/${this.child.pid}/children`, 'utf8')).trim());
  }

  /** Runs a command inside, as an engine does for a health check. */
  run(command: readonly string[], pid: number): Promise<Ran> {
    const [uid = '', gid = ''] = USER.split(':');
    const inside = ['--mount', '--pid', '--root', '--wd=/', `--setuid=${uid}`, `--setgid=${gid}`];
    const nsenter = Bun.which('nsenter') ?? 'nsenter';
    return ran([nsenter, `--target=${pid}`, ...inside, ...command], '/', variablesAsRecord(this.variables));
  }

  private async collect(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.child.stdout) this.output += decoder.decode(chunk, { stream: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.child.exited;
  }
}

function variablesOf(text: string): readonly string[] {
  const [, assignments = ''] = /^ENV ((?:.*\\\n)*.*)$/m.exec(text) ?? [];
  return assignments.split(/[\s\\]+/).filter(Boolean);
}

function variablesAsRecord(variables: readonly string[]): Record<string, string> {
  return Object.fromEntries(variables.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]));
}

function healthCheckOf(text: string): readonly string[] {
  return JSON.parse(/^HEALTHCHECK .* CMD (\[.*\])$/m.exec(text)?.[1] ?? '[]');
}
