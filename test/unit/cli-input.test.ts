import { describe, expect, test } from 'bun:test';
import { wantedAddress } from '../../src/cli/address.ts';
import type { CommandInput } from '../../src/cli/contract.ts';
import { configFile } from '../../src/cli/config-option.ts';
import { isTakenBy, parseListenAddress } from '../../src/config/listen-address.ts';

function input(options: CommandInput['options'], environment: CommandInput['environment']): CommandInput {
  return { options, lists: {}, positionals: [], environment };
}

describe('the configuration file', () => {
  const both = { KEYSTONE_CONFIG: 'ours.yaml', GATEWAY_CONFIG: 'original.yaml' };

  test.each<[CommandInput['options'], CommandInput['environment'], string]>([
    [{ config: 'typed.yaml' }, both, 'typed.yaml'],
    [{}, both, 'ours.yaml'],
    [{}, { GATEWAY_CONFIG: 'original.yaml' }, 'original.yaml'],
    [{}, { KEYSTONE_CONFIG: '', GATEWAY_CONFIG: 'original.yaml' }, 'original.yaml'],
    [{}, { KEYSTONE_CONFIG: '', GATEWAY_CONFIG: '' }, './keystone.yaml'],
    [{}, {}, './keystone.yaml'],
  ])('of %j and %j is %s', (options, environment, file) => {
    expect(configFile(input(options, environment))).toBe(file);
  });
});

describe('the address that was asked for', () => {
  const both = { KEYSTONE_ADDR: '127.0.0.1:1', GATEWAY_PORT: '2' };

  test.each<[CommandInput['options'], CommandInput['environment'], { hostname: string | null; port: number } | null]>([
    [{ addr: '[::1]:3' }, both, { hostname: '::1', port: 3 }],
    [{}, both, { hostname: '127.0.0.1', port: 1 }],
    [{}, { KEYSTONE_ADDR: '', GATEWAY_PORT: '2' }, { hostname: null, port: 2 }],
    [{}, { KEYSTONE_ADDR: ':1', GATEWAY_PORT: 'x' }, { hostname: null, port: 1 }],
    [{}, { GATEWAY_PORT: '' }, null],
    [{}, {}, null],
  ])('of %j and %j is %j', (options, environment, address) => {
    expect(wantedAddress(input(options, environment))).toEqual({ ok: true, value: address });
  });

  test.each([['x'], ['-1'], ['65536'], ['8080/tcp'], ['127.0.0.1:8080'], [' 1'], ['1e3']])(
    'cannot come from the port %j',
    (port) => {
      const error = `GATEWAY_PORT is ${JSON.stringify(port)}; expected a port such as 8080`;
      expect(wantedAddress(input({}, { GATEWAY_PORT: port }))).toEqual({ ok: false, error });
    },
  );

  test.each([[''], ['8080'], ['nowhere']])('cannot be %j', (addr) => {
    expect(wantedAddress(input({ addr }, {})).ok).toBe(false);
  });
});

describe('an address to listen on', () => {
  test.each([
    [':8080', null, 8080],
    ['*:8080', null, 8080],
    ['0.0.0.0:0', '0.0.0.0', 0],
    ['LOCALHOST:1', 'localhost', 1],
    ['[0:0:0:0:0:0:0:1]:443', '::1', 443],
    ['[::]:443', '::', 443],
    ['gateway_1.internal:443', 'gateway_1.internal', 443],
  ])('may be %s', (text, hostname, port) => {
    expect(parseListenAddress(text)).toEqual({ hostname, port });
  });

  test.each([
    ['8080'],
    ['::1:80'],
    ['[::1]'],
    ['[]:80'],
    ['[1:2]:80'],
    ['[fe80::1%eth0]:80'],
    ['127.0.0.1:65536'],
    ['127.0.0.1:'],
    ['127.1:80'],
    ['256.0.0.1:80'],
    ['a b:80'],
    ['a/b:80'],
    ['http://a:80'],
    ['*.example.com:80'],
  ])('cannot be %s', (text) => {
    expect(parseListenAddress(text)).toBeNull();
  });

  test.each([
    [':80', ':80', true],
    [':80', '127.0.0.1:80', true],
    [':80', '[::1]:80', true],
    ['[::]:80', '0.0.0.0:80', true],
    ['[::]:80', 'web.internal:80', true],
    ['0.0.0.0:80', '127.0.0.1:80', true],
    ['[::1]:80', '[0::1]:80', true],
    [':80', ':81', false],
    [':0', ':0', false],
    ['127.0.0.1:80', '127.0.0.2:80', false],
    ['127.0.0.1:80', '[::1]:80', false],
    ['0.0.0.0:80', '[::1]:80', false],
    // What a name stands for is seen only when it is asked for.
    ['0.0.0.0:80', 'web.internal:80', false],
  ])('%s and %s: the system gives only one of the two: %p', (one, other, expected) => {
    const [first, second] = [parseListenAddress(one), parseListenAddress(other)];
    if (first === null || second === null) throw new Error('not addresses');
    expect([isTakenBy(first, second), isTakenBy(second, first)]).toEqual([expected, expected]);
  });
});
