// One policy of a tenant, as its configuration says, and what becomes of requests.
import { ExchangeRig, read } from '../exchange-rig.ts';
import type { FakeClient } from '../fake-client.ts';
import { openTo, tenant } from '../exchange-scenes.ts';
import { A } from '../exchange-scenes.ts';

/** A gateway whose one tenant has these policies; each is a map as in a configuration. */
export function rigOf(...policies: readonly object[]): ExchangeRig {
  return new ExchangeRig(read(tenant(`    policies: ${JSON.stringify(policies)}\n`, A)));
}

let requests = 0;

/** A request that its policies answer. `fields`: lines. */
export function asked(rig: ExchangeRig, fields: readonly string[] = [], method = 'GET'): FakeClient {
  return rig.request(method, ++requests, '', 0, fields.map((line) => `${line}\r\n`).join(''));
}

/** A request that a backend answers with these fields. */
export function answered(rig: ExchangeRig, fields: readonly string[] = [], answer: readonly string[] = []): FakeClient {
  const client = asked(rig, fields);
  const lines = ['HTTP/1.1 200 OK', ...answer, 'Content-Length: 0', '', ''];
  openTo(rig, 'a').reply(lines.join('\r\n'));
  return client;
}
