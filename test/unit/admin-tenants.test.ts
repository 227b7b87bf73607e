import { expect, test } from 'bun:test';
import type { AdminSources } from '../../src/admin/sources.ts';
import { tenants } from '../../src/admin/tenants.ts';
import { latin1 } from '../../src/message/bytes.ts';
import { RequestView } from '../../src/message/request-view.ts';
import { ExchangeRig } from '../support/exchange-rig.ts';
import { requestHead } from '../support/heads.ts';

const CLIENT = { address: '', isTls: false, tls: null, version: '1.1', port: 0, claims: null } as const;

test('a long list of tenants is written one by one, so that requests need not wait for all of it', async () => {
  const names = Array.from({ length: 50 }, (_, at) => `t${at}`);
  const rig = new ExchangeRig(
    `tenants:\n${names.map((name) => `  - { name: ${name}, domains: [${name}.test], services: [{ name: a, url: "http://10.0.0.1:1" }] }\n`).join('')}`,
  );
  const all = rig.status();
  let steps = 0;
  const sources: Pick<AdminSources, 'tenants' | 'leaving' | 'leftOut' | 'inSlices'> = {
    leaving: () => [],
    tenants: () => all,
    leftOut: () => [],
    inSlices: (work) => {
      for (;;) {
        const step = work.next();
        if (step.done === true) return Promise.resolve(step.value);
        steps++;
      }
    },
  };
  const request = new RequestView(requestHead('GET /tenants HTTP/1.1\r\nHost: a.test\r\n\r\n'), CLIENT);
  const call = {
    request,
    path: {},
    query: new URLSearchParams(),
    input: null,
    operator: { token: null, address: '' },
    sees: () => true,
  };
  const { status, body } = await tenants.answer(call, sources);
  expect([status, JSON.parse(latin1(body, 0, body.length))]).toEqual([
    200,
    { tenants: JSON.parse(JSON.stringify(all)), leaving: [], left_out: [] },
  ]);
  expect(steps).toBe(names.length);
});
