// Commands for a running gateway whose configuration file somebody has just broken: it goes on with the last good one, and is
// found all the same.
import { expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { freePort } from '../support/ports.ts';
import { pathTenant } from '../support/yaml.ts';

const TOKEN = 'a-token-of-the-tests';

const HOME = { LC_ALL: 'C' };

/** How an operator asks who may read the state directory (`isUser`), or not. */
function askAs(gateway: GatewayProcess, isUser: boolean, ...words: string[]): ReturnType<typeof keystone> {
  const env = isUser ? { ...HOME, XDG_STATE_HOME: gateway.directory } : HOME;
  return keystone([...words, '--config', 'keystone.yaml'], { cwd: gateway.directory, env });
}

test('a gateway is found by its state directory while its file is no YAML', async () => {
  using a = new Origin('a');
  using b = new Origin('b');
  const port = freePort();
  const admin = `admin: { address: "127.0.0.1:${port}", tokens: [${TOKEN}] }`;
  const good = `${admin}\n${pathTenant('/', [a, b])}`;
  await using gateway = await GatewayProcess.start(good);
  // A typo, and an address that would be another one after the next reload.
  await gateway.rewrite(`${good.replace(String(port), '1')}\n  - name: [\n`);
  const drained = await askAs(gateway, true, 'drain', 'main/a');
  expect(drained.errors).toBe(
    `keystone: keystone.yaml has 1 problem, which "keystone check" lists; asking the gateway at http://127.0.0.1:${port}/admin (process ${gateway.pid}, by its state_dir)\n`,
  );
  expect([drained.code, drained.out]).toEqual([0, expect.stringContaining('a')]);
  const status = await askAs(gateway, true, 'status', '--json');
  expect(status.code).toBe(0);
  expect(status.out).toContain('"drained"');
  const stranger = await askAs(gateway, false, 'status');
  expect(stranger.code).toBe(1);
  expect(stranger.errors).toContain('unless --url says where it is');
});

test('the section admin of a broken file is enough for those who may not read the state directory', async () => {
  using a = new Origin('a');
  const port = freePort();
  const admin = `admin: { address: "127.0.0.1:${port}", tokens: ["\${NOT_HERE_OF_TESTS}", ${TOKEN}] }`;
  await using gateway = await GatewayProcess.start(`${admin}\n${pathTenant('/', [a])}`, {
    NOT_HERE_OF_TESTS: 'another-token-of-the-tests',
  });
  // Nothing is wrong with it but that the operator has not the variables of the gateway.
  const status = await askAs(gateway, false, 'status');
  expect([status.code, status.errors]).toEqual([0, expect.stringContaining('(by what can be read of it)')]);
  expect(status.errors.trimEnd().split('\n')).toHaveLength(1);
  await gateway.rewrite(`${admin}\n${pathTenant('/', [a]).replace('domains', 'domians')}\ntenant_limits: 3`);
  const events = await askAs(gateway, false, 'events');
  expect([events.code, events.errors]).toEqual([0, expect.stringContaining(`127.0.0.1:${port}`)]);
});

test('no address is guessed where the section admin itself is broken, and no dead gateway is looked for', async () => {
  using a = new Origin('a');
  const port = freePort();
  const admin = `admin: { address: "127.0.0.1:${port}", tokens: [${TOKEN}] }`;
  await using gateway = await GatewayProcess.start(`${admin}\n${pathTenant('/', [a])}`);
  for (const typo of [admin.replace('address', 'adress'), admin.replace('admin', 'admn'), admin.replace(':', ': 9')]) {
    await writeFile(gateway.file, `${typo}\n${pathTenant('/', [a])}`);
    const stranger = await askAs(gateway, false, 'status');
    expect([typo, stranger.code]).toEqual([typo, 1]);
    expect(stranger.errors).toContain('unless --url says where it is');
    expect((await askAs(gateway, true, 'status')).code).toBe(0);
  }
  gateway.signal('SIGTERM');
  await gateway.exited;
  const late = await askAs(gateway, true, 'status');
  expect([late.code, late.errors]).toEqual([1, expect.stringContaining('unless --url says where it is')]);
});
