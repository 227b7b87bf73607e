// POST /explain: where a request would go now, and why, by the traffic and the verdicts of the gateway that serves.
import { z } from 'zod';
import type { AdminEndpoint } from './contract.ts';
import { explanationJson } from './explanation-json.ts';
import { json } from './json.ts';

// What a client could send, with room to spare.
const LONGEST = 16_384;
const MOST_FIELDS = 100;
// Neither may end its line: what comes behind it would be another field.
const line = z
  .string()
  .max(LONGEST)
  .regex(/^[^\r\n]*$/, 'has more than one line');

const input = z.object({
  method: z.string().regex(/^[!#$%&'*+.^_`|~\w-]+$/, 'is not a method'),
  url: z
    .string()
    .max(LONGEST)
    .regex(/^https?:\/\/[^/?#\s]+([/?]\S*)?$/i, 'is not a URL such as http://shop.example.com/api/users'),
  headers: z.exactOptional(z.record(line, line)).describe('Fields by their names, besides Host.'),
});

export const explain = {
  path: '/explain',
  method: 'POST',
  summary:
    'Where a request would go now, and why: tenant, rule, route, policies, backends and which is picked, as `keystone explain --json` prints it. Nothing is sent.',
  access: 'operator',
  scope: 'read',
  onlyLooks: true,
  input,
  output: async () => (await import('./shapes/explanation.ts')).explanation,
  answer(call, sources) {
    const { method, url, headers = {} } = input.parse(call.input);
    const fields = Object.entries(headers);
    if (fields.length > MOST_FIELDS) return json(400, { error: `there are more than ${MOST_FIELDS} fields` });
    // `new URL` is of no use here: it would repair what the gateway refuses.
    const [, host = '', tail = '/'] = /^https?:\/\/([^/?#]+)(.*)$/i.exec(url) ?? [];
    const target = tail.startsWith('/') ? tail : `/${tail}`;
    const lines = fields.map(([name, value]) => `${name}: ${value}`);
    return json(200, explanationJson(sources.explain({ method, host, target, fields: lines })));
  },
} as const satisfies AdminEndpoint;
