// One host can be written in many ways; what counts is which host is meant.
import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { literalByValue } from '../../src/core/host-literal.ts';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

function config(origins: readonly Origin[], domains: readonly string[]): string {
  const tenants = origins.map(
    ({ name, url }, at) =>
      `  - { name: ${name}, domains: ["${domains[at]}"], services: [{ name: a, url: "${url}" }] }\n`,
  );
  return `tenants:\n${tenants.join('')}`;
}

function named(_: Request, origin: Origin): Response {
  return new Response(origin.name);
}

async function answer(gateway: GatewayProcess, host: string, target = '/'): Promise<string> {
  using client = await RawClient.open(gateway.port);
  await client.send(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  await until(() => client.peer !== 'open', 'the answer has ended');
  const [head = '', body = ''] = client.received.split('\r\n\r\n');
  const status = head.split(' ')[1] ?? '';
  return status === '200' ? body : status;
}

describe('a host', () => {
  test('is found in each of its spellings', async () => {
    using six = new Origin('six', named);
    using four = new Origin('four', named);
    using word = new Origin('word', named);
    const domains = ['[2001:db8::1]', '10.0.0.1', 'xn--bcher-kva.example'];
    await using gateway = await GatewayProcess.start(config([six, four, word], domains));
    const spellings = {
      six: ['[2001:db8::1]', '[2001:DB8:0:0:0:0:0:1]', '[2001:0db8::0001]:8080', '[2001:db8::0.0.0.1]'],
      four: [
        '10.0.0.1',
        '10.0.0.1:80',
        '10.0.0.1.',
        '[::ffff:10.0.0.1]',
        '[::FFFF:a00:1]:443',
        '[0:0:0:0:0:ffff:a00:1]',
      ],
      word: ['xn--bcher-kva.example', 'XN--BCHER-KVA.Example.', 'xn--bcher-kva.example:8080'],
    };
    for (const [name, hosts] of Object.entries(spellings))
      for (const host of hosts) expect([host, await answer(gateway, host)]).toEqual([host, name]);
    for (const host of ['[2001:db8::2]', '[::10.0.0.1]', '[::ffff:10.0.0.2]', 'bcher-kva.example'])
      expect([host, await answer(gateway, host)]).toEqual([host, '404']);
  });

  test('is found in the spelling of the configuration, whatever that is', async () => {
    using mapped = new Origin('mapped', named);
    using long = new Origin('long', named);
    const domains = ['[::ffff:10.0.0.1]', '[2001:DB8:0:0:0:0:0:1]'];
    await using gateway = await GatewayProcess.start(config([mapped, long], domains));
    for (const host of ['10.0.0.1', '[::ffff:10.0.0.1]']) expect(await answer(gateway, host)).toBe('mapped');
    expect(await answer(gateway, '[2001:db8::1]')).toBe('long');
  });

  test('may be spelt in the target in another way than in Host, but must be the same', async () => {
    using six = new Origin('six', named);
    await using gateway = await GatewayProcess.start(config([six], ['[2001:db8::1]']));
    expect(await answer(gateway, '[2001:db8::1]', 'http://[2001:DB8::0:1]/')).toBe('six');
    expect(await answer(gateway, '[2001:db8::1]', 'http://[2001:db8::2]/')).toBe('400');
  });

  test('of two tenants is the same in two spellings', async () => {
    using a = new Origin('a', named);
    using b = new Origin('b', named);
    const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
    await writeFile(join(directory, 'keystone.yaml'), config([a, b], ['10.0.0.1', '[::ffff:a00:1]']));
    const { code, errors } = await keystone(['check', '-c', 'keystone.yaml'], { cwd: directory });
    expect([code, errors.includes('belongs to another tenant already')]).toEqual([1, true]);
    await rm(directory, { recursive: true });
  });
});

test.each([
  ['[::1]', '[::1]'],
  ['[0:0:0:0:0:0:0:1]', '[::1]'],
  ['[::FFFF:127.0.0.1]', '127.0.0.1'],
  ['[::127.0.0.1]', '[::7f00:1]'],
  ['[0:0:1:0:0:0:1:0]', '[0:0:1::1:0]'],
  ['[1:0:0:2:3:0:0:4]', '[1::2:3:0:0:4]'],
  ['[1:0:2:3:4:5:6:7]', '[1:0:2:3:4:5:6:7]'],
  ['[0:0:0:0:0:0:0:0]', '[::]'],
  ['[FE80:0:0:0:0:0:0:0]', '[fe80::]'],
  ['[2001:db8:0:0::0.0.0.1]', '[2001:db8::1]'],
  ['[::1]:80', null],
  ['[::1%25eth0]', null],
  ['[1::2::3]', null],
  ['::1', null],
  ['[]', null],
])('%s means %p', (literal, value) => {
  expect(literalByValue(literal)).toBe(value);
});
