// Logs whose folder does not exist, and commands that have nothing to tell.
import { expect, test } from 'bun:test';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { uncheckedTenant } from '../support/yaml.ts';

test('a missing folder of logs is told by check and at the start, and keeps nobody from being served', async () => {
  using origin = new Origin('a');
  await using home = await GatewayProcess.start(uncheckedTenant('/', [origin]));
  const logs = join(home.directory, 'logs');
  const others = join(home.directory, 'others');
  const tenant = (prefix: string, log: string): string =>
    `  - { name: "shop${prefix.replaceAll('/', '')}", path_prefix: ${prefix}, access_log: ${log}, services: [{ name: a, url: "${origin.url}" }] }\n`;
  const tenants = `${tenant('/', `{ output: ${others}/main.log }`)}${tenant('/off/', `{ output: ${home.directory}/off/off.log, enabled: false }`)}`;
  await home.rewrite(`access_log: { output: ${logs}/access.log }\ntenants:\n${tenants}`);
  const checked = await keystone(['check', '--config', home.file]);
  expect([checked.code, checked.out + checked.errors]).toEqual([0, expect.stringContaining('is valid')]);
  const lines = checked.errors.trimEnd().split('\n');
  expect(lines).toEqual([
    expect.stringContaining(
      `:1:23 access_log.output: warning: there is no folder ${logs}: nothing is logged there until`,
    ),
    expect.stringContaining(`tenants[0].access_log.output: warning: there is no folder ${others}:`),
  ]);
  await using gateway = await GatewayProcess.startIn(home.directory, ['--addr', '127.0.0.1:0', '--config', home.file], {
    XDG_STATE_HOME: '/dev/null',
  });
  expect(gateway.errors).toContain(`there is no folder ${logs}`);
  expect((await fetch(`${gateway.url}/`)).status).toBe(200);
  mkdirSync(others);
  await until(async () => {
    await (await fetch(`${gateway.url}/`)).text();
    return existsSync(join(others, 'main.log'));
  }, 'the access log is written');
  expect((await keystone(['check', '--config', home.file])).errors).not.toContain(others);
});

test('commands that have nothing to tell say so, and print nothing for programs', async () => {
  using origin = new Origin('a');
  await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
  const ask = (...words: string[]) => keystone([...words, '--url', gateway.admin]);
  const nothing = async (...words: string[]) => {
    const { code, out, errors } = await ask(...words);
    expect([words, code, out]).toEqual([words, 0, '']);
    return errors;
  };
  expect(await nothing('audit')).toBe('keystone: nothing has been changed yet\n');
  expect(await nothing('audit', '--by', 'nobody')).toBe('keystone: nothing that was changed is like that\n');
  expect(await nothing('events')).toBe('keystone: nothing has happened yet\n');
  expect(await nothing('tail', '--once')).toBe('keystone: no request has ended yet\n');
  for (const command of ['audit', 'events', 'tail']) {
    const once = command === 'tail' ? ['--once'] : [];
    expect(await nothing(command, ...once, '--json')).toBe('');
  }
  expect((await ask('log-level', 'debug')).code).toBe(0);
  expect((await ask('audit')).out).toContain('log-level');
});
