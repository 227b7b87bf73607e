// Sends to the real gateway, over HTTP/2, what well-behaved clients do not: every row of the states of streams, every kind of flood,
// and requests that would be others in HTTP/1.1. `H2_ONLY=words` plays the cases with these words in their names.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { GatewayProcess } from '../support/gateway-process.ts';
import { MadeCertificate } from '../support/made-certificate.ts';
import { needs } from '../support/programs.ts';
import type { H2Case } from './case.ts';
import { floods } from './cases/floods.ts';
import { frames } from './cases/frames.ts';
import { heads } from './cases/heads.ts';
import { slow } from './cases/slow.ts';
import { streams } from './cases/streams.ts';
import { H2Client } from './h2-client.ts';
import { judge } from './judge.ts';
import { H2Origin } from './origin.ts';

const families = [frames, streams, heads, floods, slow];

describe.if(needs('openssl'))('over HTTP/2', () => {
  let certificate: MadeCertificate;
  let origin: H2Origin;
  let gateway: GatewayProcess;

  beforeAll(async () => {
    certificate = await MadeCertificate.make('a.test', 2);
    origin = await H2Origin.start();
    const service = `{ name: a, url: "http://127.0.0.1:${origin.port}", health: "" }`;
    gateway = await GatewayProcess.start(`
tls: { cert_file: "${certificate.cert}", key_file: "${certificate.key}" }
listeners: [{ address: "127.0.0.1:0", tls: true }]
timeouts: { header: 3s, idle: 3s }
via: both
tenants:
  - { name: all, path_prefix: "/", services: [${service}] }
  - { name: hosted, domains: [hosted.test], services: [${service}] }
  - { name: small, domains: [small.test], limits: { body_bytes: 1KiB }, services: [${service}] }
`);
  });

  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
    await certificate[Symbol.asyncDispose]();
  });

  const play = async (one: H2Case, token: string): Promise<string | null> => {
    using client = await H2Client.connect(gateway.port, token);
    if (one.isBare !== true) client.greet();
    await one.play(client);
    return await judge(client, one);
  };

  for (const { name, cases } of families) {
    describe(name, () => {
      for (const [at, one] of cases.entries()) {
        if (!one.name.includes(process.env['H2_ONLY'] ?? '')) continue;
        test(`${one.name} (${one.source})`, async () => {
          expect(await play(one, `${name.replaceAll(' ', '-')}-${at}`)).toBe(null);
        });
      }
    });
  }

  test('no backend has got what was hidden in a request', () => {
    expect(origin.requests.filter(({ url }) => url.includes('smuggled'))).toEqual([]);
    // Nor more than one request for each that was sent.
    expect(origin.requests.filter(({ fields }) => fields.some((text) => /[\r\n]/.test(text)))).toEqual([]);
  });

  test('everybody else is served', async () => {
    const client = await H2Client.connect(gateway.port, 'last');
    client.greet();
    client.ask(1);
    expect(await client.until(() => client.stream(1).isEnded)).toBe(true);
  });
});
