import { describe, expect, test } from 'bun:test';
import { USUAL_TRUST } from '../../src/core/connector.ts';
import type { ProbeTarget } from '../../src/probing/contract.ts';
import { httpCheck } from '../../src/probing/http-check.ts';
import { tcpCheck } from '../../src/probing/tcp-check.ts';
import { probing, response } from '../support/probing.ts';

const SECURE: ProbeTarget = {
  tenant: 'shop',
  name: 'a',
  hostname: 'origin.internal',
  port: 443,
  tls: true,
  serverName: 'origin.internal',
  trust: USUAL_TRUST,
  authority: 'origin.internal',
  authorization: 'Basic eDp5',
};
const IPV6: ProbeTarget = {
  ...SECURE,
  hostname: 'fd00::1',
  port: 3000,
  tls: false,
  serverName: 'fd00::1',
  trust: USUAL_TRUST,
  authority: '[fd00::1]:3000',
};

async function route(options: Readonly<Record<string, unknown>>, target: ProbeTarget) {
  const script = { chunks: [response(200, '')], ending: 'stays' } as const;
  const { address, sent } = await probing(httpCheck, options, script, target);
  const [, host] = /^Host: (.*)\r$/m.exec(sent) ?? [];
  const where = address === null ? '' : `${address.hostname} ${address.port}`;
  return { where, host, tls: address?.tls, hasCredentials: sent.includes('Basic eDp5') };
}

describe('a probe goes', () => {
  test('to its backend, as a rule', async () => {
    const tls = { serverName: 'origin.internal', rejectUnauthorized: true };
    const expected = { where: 'origin.internal 443', host: 'origin.internal', tls, hasCredentials: true };
    expect(await route({}, SECURE)).toEqual(expected);
    expect(await route({}, IPV6)).toEqual({
      where: 'fd00::1 3000',
      host: '[fd00::1]:3000',
      tls: null,
      hasCredentials: true,
    });
  });

  test('to another port of it', async () => {
    expect(await route({ port: 8443 }, SECURE)).toMatchObject({
      where: 'origin.internal 8443',
      host: 'origin.internal:8443',
    });
    expect(await route({ port: 80 }, IPV6)).toMatchObject({ where: 'fd00::1 80', host: '[fd00::1]' });
    expect(await route({ port: 80, tls: { enabled: false } }, SECURE)).toMatchObject({
      host: 'origin.internal',
      tls: null,
    });
  });

  test('to another address, without the credentials of its URL', async () => {
    const tls = { serverName: 'health.internal', rejectUnauthorized: true };
    const expected = { where: 'health.internal 9000', host: 'health.internal:9000', tls, hasCredentials: false };
    expect(await route({ address: 'health.internal:9000' }, SECURE)).toEqual(expected);
    expect(await route({ address: '[fd00::2]:80' }, IPV6)).toMatchObject({ where: 'fd00::2 80', host: '[fd00::2]:80' });
  });

  test('with the host of the check, in Host and in TLS', async () => {
    expect(await route({ host: 'shop.example:8443' }, SECURE)).toMatchObject({
      where: 'origin.internal 443',
      host: 'shop.example:8443',
      tls: { serverName: 'shop.example' },
    });
  });

  test('with TLS of its own', async () => {
    const tls = { enabled: true, server_name: 'certified.example', verify: false };
    expect(await route({ tls }, IPV6)).toMatchObject({
      host: '[fd00::1]:3000',
      tls: { serverName: 'certified.example', rejectUnauthorized: false },
    });
    expect(await route({ tls: { enabled: false } }, SECURE)).toMatchObject({ tls: null });
    expect(await route({ tls: {} }, SECURE)).toMatchObject({ tls: { rejectUnauthorized: true } });
  });

  test('the same way whatever it asks', async () => {
    const script = { chunks: [], ending: 'stays' } as const;
    const { address } = await probing(tcpCheck, { port: 6380, tls: { verify: false } }, script, SECURE);
    expect(address).toEqual({
      hostname: 'origin.internal',
      port: 6380,
      tls: { serverName: 'origin.internal', rejectUnauthorized: false },
    });
  });
});
