// The admin API of a gateway of several processes.
import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Origin } from '../support/origin.ts';
import { ran } from '../support/packed.ts';
import { PROGRAM } from '../support/program.ts';
import { Serving } from '../support/serving.ts';

describe('an address of the admin API that is configured', () => {
  test("is the supervisor's alone, and workers start beside it", async () => {
    using origin = new Origin('a');
    const folder = await mkdtemp(join(tmpdir(), 'keystone-test-'));
    const file = join(folder, 'keystone.yaml');
    const services = `[{ name: only, url: "${origin.url}" }]`;
    await writeFile(
      file,
      `state_dir: none\nadmin: { address: "unix:${folder}/admin.sock" }\ntenants: [{ name: main, path_prefix: "/", services: ${services} }]\n`,
    );
    await using gateway = await Serving.start([PROGRAM], file, {}, ['--workers', '2']);
    expect((await fetch(`${gateway.url}/`)).status).toBe(200);
    expect(await ran([PROGRAM, 'status', '--config', file], '/')).toMatchObject({ code: 0 });
    await rm(folder, { recursive: true });
  });
});
