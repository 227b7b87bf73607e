// The files of deploy/: what an engine or a cluster would refuse, and what would not fit together.
import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import manifest from '../../package.json' with { type: 'json' };
import { endpoints } from '../../src/admin/registry.ts';
import { loadConfig } from '../../src/config/load.ts';
import { formatProblem } from '../../src/config/problems.ts';
import { realWorld } from '../../src/world.ts';

const ROOT = resolve(import.meta.dir, '../..');
const DOCKER = join(ROOT, 'deploy/docker');
const KUBERNETES = join(ROOT, 'deploy/kubernetes');
const IMAGE = `keystone-gateway:${manifest.version}`;

const textOf = (...path: readonly string[]): Promise<string> => readFile(join(...path), 'utf8');

/** The instructions of a Dockerfile, each in one line. */
async function instructions(): Promise<readonly (readonly [word: string, rest: string])[]> {
  const text = (await textOf(DOCKER, 'Dockerfile')).replaceAll(/^#.*\n/gm, '').replaceAll(/\\\n\s*/g, '');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const);
}

async function all(word: string): Promise<readonly string[]> {
  return (await instructions()).filter(([one]) => one === word).map(([, rest]) => rest);
}

describe('the Dockerfile', () => {
  test('has no instruction that is unknown, old or dangerous', async () => {
    const known = [
      'FROM',
      'RUN',
      'WORKDIR',
      'COPY',
      'ENV',
      'USER',
      'EXPOSE',
      'STOPSIGNAL',
      'HEALTHCHECK',
      'ENTRYPOINT',
      'CMD',
    ];
    expect((await instructions()).filter(([word]) => !known.includes(word))).toEqual([]);
  });

  test('begins each stage with a certain version, by a name without a host', async () => {
    for (const stage of await all('FROM')) expect(stage).toMatch(/^(scratch|[a-z]+:\d+[\w.-]*)( AS [a-z]+)?$/);
  });

  test('leaves root behind, by number, so that a cluster can tell', async () => {
    expect(await all('USER')).toEqual(['10001:10001']);
    const words = (await instructions()).map(([word]) => word);
    expect(words.slice(words.lastIndexOf('USER'))).not.toContain('RUN');
  });

  test('starts programs without a shell, which the image does not have', async () => {
    const commands = [...(await all('ENTRYPOINT')), ...(await all('CMD')), ...(await all('HEALTHCHECK'))];
    expect(commands).toHaveLength(3);
    for (const command of commands) expect(JSON.parse(/\[.*\]$/.exec(command)?.[0] ?? '')).toBeArray();
  });

  test('keeps nothing of the package manager', async () => {
    for (const run of (await all('RUN')).filter((line) => line.includes('apt-get install'))) {
      expect(run).toContain('--no-install-recommends');
      expect(run).toContain('rm -rf /var/lib/apt/lists/*');
    }
  });

  test('copies what is there and is not ignored, and nothing that was built or installed outside', async () => {
    const ignored = await textOf(DOCKER, 'Dockerfile.dockerignore');
    const kept = Array.from(ignored.matchAll(/^!(.+)$/gm), ([, path = '']) => path);
    expect(ignored).toMatch(/^\*$/m);
    for (const path of kept) expect(existsSync(join(ROOT, path)) ? '' : path).toBe('');
    const copied = (await all('COPY'))
      .filter((line) => !line.startsWith('--from='))
      .flatMap((line) => line.split(' ').slice(0, -1));
    for (const path of copied.filter((one) => one !== '.')) expect(kept).toContain(path);
    // What the build imports.
    for (const path of ['src', 'dashboard', 'tools', 'licences', 'LICENSE', 'scripts', 'bin'])
      expect(kept).toContain(path);
    for (const path of ['node_modules', 'dist', '.cache', '.git']) expect(kept).not.toContain(path);
  });
});

const service = z.looseObject({
  image: z.string(),
  build: z.exactOptional(z.object({ context: z.string(), dockerfile: z.string() })),
  volumes: z.exactOptional(z.array(z.string())),
  depends_on: z.exactOptional(z.array(z.string())),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal('ALL')]),
});
const compose = z.strictObject({
  name: z.string(),
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.null()),
});

describe('the compose file', () => {
  test('names only what is there', async () => {
    const { services, volumes } = compose.parse(parse(await textOf(DOCKER, 'compose.yaml'), { merge: true }));
    const { gateway } = services;
    expect(gateway?.image).toBe(IMAGE);
    const context = resolve(DOCKER, gateway?.build?.context ?? '');
    expect(context).toBe(ROOT);
    expect(existsSync(join(context, gateway?.build?.dockerfile ?? '?'))).toBe(true);
    for (const name of gateway?.depends_on ?? []) expect(services).toHaveProperty(name);
    for (const volume of gateway?.volumes ?? []) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('.')) expect(existsSync(join(DOCKER, source))).toBe(true);
      else expect(volumes).toHaveProperty(source);
    }
    for (const { image } of Object.values(services)) expect(image).toMatch(/^[a-z-]+:\d[\w.]*$/);
  });

  test('has a configuration that is accepted, for the origins that it starts', async () => {
    const { services } = compose.parse(parse(await textOf(DOCKER, 'compose.yaml'), { merge: true }));
    expect(await problemsOf(join(DOCKER, 'config/keystone.yaml'))).toEqual([]);
    const hosts = (await textOf(DOCKER, 'config/keystone.yaml')).matchAll(/url: "http:\/\/([^:"]+):8080"/g);
    for (const [, host = ''] of hosts) expect(services).toHaveProperty(host);
  });
});

const labels = z.record(z.string(), z.string());
const metadata = z.strictObject({ name: z.string().regex(/^[a-z][a-z0-9-]*$/), labels });
const object = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata });
const probe = z.looseObject({ httpGet: z.strictObject({ path: z.string(), port: z.string() }) });
const container = z.looseObject({
  image: z.string(),
  args: z.array(z.string()),
  ports: z.array(z.strictObject({ name: z.string(), containerPort: z.number() })),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  volumeMounts: z.array(
    z.strictObject({ name: z.string(), mountPath: z.string(), readOnly: z.exactOptional(z.boolean()) }),
  ),
});
const deployment = z.looseObject({
  spec: z.looseObject({
    selector: z.strictObject({ matchLabels: labels }),
    template: z.looseObject({
      metadata: z.strictObject({ labels }),
      spec: z.looseObject({
        terminationGracePeriodSeconds: z.number(),
        securityContext: z.looseObject({ runAsNonRoot: z.literal(true), runAsUser: z.literal(10001) }),
        containers: z.tuple([container]),
        volumes: z.array(z.looseObject({ name: z.string() })),
      }),
    }),
  }),
});

async function podOf() {
  const { spec } = deployment.parse(parse(await textOf(KUBERNETES, 'deployment.yaml')));
  return { ...spec.template.spec, labels: spec.template.metadata.labels, selected: spec.selector.matchLabels };
}

describe('the Kubernetes manifests', () => {
  test('are one object a file, of the usual form, and kustomization.yaml names all of them', async () => {
    const names = (await readdir(KUBERNETES)).filter((name) => name !== 'kustomization.yaml').toSorted();
    for (const name of names) {
      const documents = parseAllDocuments(await textOf(KUBERNETES, name));
      expect(documents).toHaveLength(1);
      object.parse(documents[0]?.toJS());
    }
    const { resources } = z
      .looseObject({ resources: z.array(z.string()) })
      .parse(parse(await textOf(KUBERNETES, 'kustomization.yaml')));
    expect([...resources].toSorted()).toEqual(names);
  });

  test('select the pods that they mean', async () => {
    const pod = await podOf();
    expect(pod.labels).toMatchObject(pod.selected);
    const selecting = z.looseObject({
      spec: z.looseObject({ selector: labels, ports: z.array(z.looseObject({ targetPort: z.string() })) }),
    });
    const { spec } = selecting.parse(parse(await textOf(KUBERNETES, 'service.yaml')));
    expect(pod.labels).toMatchObject(spec.selector);
    for (const { targetPort } of spec.ports)
      expect(pod.containers[0].ports.map(({ name }) => name)).toContain(targetPort);
  });

  test('mount whole folders of volumes that exist, and probe ports that exist', async () => {
    const { containers, volumes } = await podOf();
    const [{ image, ports, volumeMounts, startupProbe, livenessProbe, readinessProbe }] = containers;
    expect(image).toBe(IMAGE);
    const known = volumes.map(({ name }) => name).toSorted();
    expect(volumeMounts.map(({ name }) => name).toSorted()).toEqual(known);
    for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe]) {
      expect(ports.map(({ name }) => name)).toContain(httpGet.port);
      expect(endpoints.map(({ path }): string => path)).toContain(httpGet.path);
    }
  });

  test('hold a configuration that is accepted, listens where the pod says, and ends in time', async () => {
    const { containers, terminationGracePeriodSeconds } = await podOf();
    const map = z.looseObject({ data: labels }).parse(parse(await textOf(KUBERNETES, 'configmap.yaml')));
    const folder = await mkdtemp(join(tmpdir(), 'keystone-deploy-'));
    await writeFile(join(folder, 'admin-token'), 'a-token-for-a-test');
    for (const [name, text] of Object.entries(map.data))
      await writeFile(join(folder, name), text.replaceAll('/etc/keystone-secrets', folder));
    expect(await problemsOf(join(folder, 'keystone.yaml'))).toEqual([]);
    await rm(folder, { recursive: true });
    const text = map.data['keystone.yaml'] ?? '';
    for (const { containerPort } of containers[0].ports) expect(text).toContain(`":${containerPort}"`);
    const shutdown = Number(/ shutdown: (\d+)s/.exec(text)?.[1]);
    const delay = Number(/ shutdown_delay: (\d+)s/.exec(text)?.[1]);
    expect(terminationGracePeriodSeconds).toBeGreaterThan(shutdown + delay);
  });
});

async function problemsOf(file: string): Promise<readonly string[]> {
  const { readFile: read, findFiles } = realWorld();
  const runModule = (): Promise<never> => Promise.reject(new Error('not a program'));
  const loaded = await loadConfig(file, {}, { readFile: read, findFiles, runModule });
  return loaded.ok ? [] : loaded.error.map(formatProblem);
}
