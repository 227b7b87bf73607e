// Texts of configurations as they are shown, and the way back.
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MASK } from '../../src/core/secrets.ts';
import { maskText } from '../../src/config/masking/masked-text.ts';
import { restoreText } from '../../src/config/masking/restore.ts';

function masked(text: string) {
  const found = maskText('a.yaml', text);
  if (found === null) throw new Error('it cannot be masked');
  return found;
}

const everything = readFileSync(join(import.meta.dir, '../../examples/everything.yaml'), 'utf8');

describe('a text', () => {
  test('loses its secrets, by the settings, by the names of free keys, and wherever one looks like a secret', () => {
    const shown = masked(
      `# was: token: Yc8fQn2LkP5vTz9RwXb3JmHd, password: "once upon"
admin: { tokens: [plain-token-of-somebody, { name: ci, token: another-plain-token }] }
x-common: { api_key: a-key-in-a-fragment }
tracing: { otlp_endpoint: "http://10.0.0.9:4318", headers: { X-Tenant: of-the-collector } }
tenants:
  - name: shop
    services:
      - { name: a, url: "https://user:pa55word@10.0.0.1/?token=inquery&page=2" }
    affinity: { secret: the-secret-of-affinity }
    health_check:
      headers: { Authorization: "Bearer probe-token", X-Plain: also-hidden }
    policies:
      - headers: { request: { set: { X-Api-Key: upstream-key, X-Country: de } } }
      - jwt:
          audience: any
          secret: |
            a secret over
            two lines of text
`,
    );
    for (const secret of [
      'plain-token',
      'of-the-collector',
      'another-plain',
      'a-key-in',
      'pa55word',
      'user:',
      'inquery',
      'the-secret',
      'probe',
      'also-',
      'upstream',
      'Yc8f',
      'two lines',
      'once',
    ])
      expect([secret, shown.text.includes(secret)]).toEqual([secret, false]);
    expect(shown.text).toContain(`url: "https://${MASK}:${MASK}@10.0.0.1/?token=${MASK}&page=2"`);
    expect(shown.text).toContain('X-Country: de');
    expect(shown.text).toContain(`Authorization: "Bearer ${MASK}"`);
  });

  test('keeps its references, which name a secret and are none, but not their defaults', () => {
    const text = 'admin: { tokens: ["${TOKEN}", "${file:/run/secrets/token}", "${OTHER:-a-token-by-default}"] }\n';
    expect(masked(text).text).toBe(text.replace('a-token-by-default', MASK));
  });

  test('loses what an alias leads to, and what a merged map has', () => {
    const shown = masked(`x-t: &t a-token-behind-an-alias
x-h: &h { headers: { X-Probe: a-merged-value } }
admin: { tokens: [*t] }
tenants: [{ name: a, services: [], health_check: { <<: *h } }]
`);
    expect(shown.text).not.toMatch(/behind|merged/);
  });

  test('of all settings comes back as it was, comments included', () => {
    const shown = masked(everything);
    const back = restoreText('a.yaml', shown.text, shown);
    expect(back.problems).toEqual([]);
    expect(back.text).toBe(everything);
    expect(shown.text.split(MASK).length).toBeGreaterThan(20);
  });

  test.each([
    ['letters', 'a'.repeat(300_000)],
    ['words', 'a-'.repeat(150_000)],
    ['references in a URL', `http://${'${A}'.repeat(3000)}`],
    ['dashes', '-'.repeat(300_000)],
    ['schemes', 'a://'.repeat(50_000)],
  ])('of many %s takes no longer than its length wants', (_, long) => {
    const start = performance.now();
    expect(masked(`# ${long}\nx-long: "${long}"\n`).text).toContain('x-long');
    expect(performance.now() - start).toBeLessThan(3000);
  });

  test('that is no YAML is not shown at all', () => {
    expect(maskText('a.yaml', 'a: [')).toBeNull();
  });
});

const BEFORE = `admin:
  tokens:
    - { name: ci, token: "token-of-ci-itself" }
    - { name: ops, token: 'token-of-ops-itself' }
tenants:
  - name: shop
    services: [{ name: a, url: "http://u:first-password@10.0.0.1" }]
`;

describe('what a mask stands for', () => {
  const shown = masked(BEFORE);
  const back = (text: string) => restoreText('a.yaml', text, shown);

  test('is put back where something else is added, moved and changed', () => {
    const other = '  - name: blog\n    services: [{ name: a, url: "http://10.0.0.9" }]\n';
    const changed = shown.text.replace('tenants:\n', `tenants:\n${other}`).replace('10.0.0.1"', '10.0.0.2:80"');
    const [ci = '', ops = ''] = shown.text.match(/ {4}- \{ name: .*\n/g) ?? [];
    const { text, problems } = back(changed.replace(ci + ops, ops + ci));
    expect(problems).toEqual([]);
    expect(text).toContain(
      '- { name: ops, token: \'token-of-ops-itself\' }\n    - { name: ci, token: "token-of-ci-itself" }',
    );
    expect(text).toContain('"http://u:first-password@10.0.0.2:80"');
  });

  test('is nothing at a new place, which is a problem of its line', () => {
    const { problems } = back(shown.text.replace('name: ops', 'name: new'));
    expect(problems).toMatchObject([{ line: 4, column: 27, message: expect.stringContaining('stands for no value') }]);
    const added = `${shown.text}  - { name: c, affinity: { secret: "***" }, services: [] }\n`;
    expect(back(added).problems).toMatchObject([{ line: 8, column: 36 }]);
  });

  test('is nothing in a list without names that is longer now', () => {
    const list = masked('admin: { tokens: [one-plain-token-here, two-plain-token-here] }\n');
    const longer = list.text.replace('tokens: [', 'tokens: [a-new-token-in-front, ');
    expect(restoreText('a.yaml', longer, list).problems.length).toBe(2);
    expect(restoreText('a.yaml', list.text, list).text).toContain('[one-plain-token-here, two-plain-token-here]');
  });

  test('takes no part in a text that merely has three stars', () => {
    const text = 'tenants: [{ name: a, services: [], policies: [{ static: { body: "a *** b" } }] }]\n';
    expect(back(text)).toMatchObject({ text, problems: [] });
  });

  test('of several lines keeps the places of what follows', () => {
    const long =
      'admin:\n  tokens:\n    - name: a\n      token: |-\n        many-lines-of\n        a-token\ntenants: []\nnext: 1\n';
    const known = masked(long);
    expect(known.text).toBe(`admin:\n  tokens:\n    - name: a\n      token: "${MASK}"\ntenants: []\nnext: 1\n`);
    const restored = restoreText('a.yaml', known.text, known);
    expect(restored.text).toBe(long);
    expect(restored.placeOf(8, 1)).toEqual({ line: 6, column: 1 });
    expect(restored.placeOf(5, 12)).toEqual({ line: 4, column: 14 });
    expect(restored.placeOf(0, 0)).toEqual({ line: 0, column: 0 });
  });
});
