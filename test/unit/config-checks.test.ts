import { describe, expect, test } from 'bun:test';
import { resolveCheck } from '../../src/config/resolve.ts';
import { config, tenant } from '../support/configs.ts';

const HOST = 'domains: [shop.example.com]';

describe('an http check', () => {
  test('may expect a text in the body by the text alone', () => {
    const expected = (text: string) => tenant(HOST, `health_check: { expect_body: ${text} }`).health_check;
    expect(expected('ready')).toMatchObject({ expect_body: { contains: 'ready' } });
    expect(expected('{ contains: ready }')).toMatchObject({ expect_body: { contains: 'ready' } });
    expect(expected("{ matches: '^r' }")).toMatchObject({ expect_body: { matches: { source: '^r' } } });
  });

  test('takes its secrets from the environment as they are', () => {
    const text = `tenants: [{ name: a, ${HOST}, health_check: { headers: { Authorization: "Bearer \${TOKEN}" } } }]`;
    const [{ health_check }] = config(text, { TOKEN: '0123' }).tenants;
    expect(health_check).toMatchObject({ headers: { Authorization: 'Bearer 0123' } });
  });
});

describe('a check without a path', () => {
  const services = (...tails: readonly string[]): string =>
    `services: [${tails.map((tail, at) => `{ name: s${at}, url: "http://10.0.0.1"${tail} }`).join(', ')}]`;

  test('applies to every service that does not refuse it', () => {
    const owner = tenant(HOST, 'health_check: { type: tcp, port: 9000 }', services('', ', health: ""'));
    const [first, second] = owner.services.map((service) => resolveCheck(owner, service));
    expect(first?.kind.type).toBe('tcp');
    expect(first?.options).toEqual({ port: 9000 });
    expect(second).toBeNull();
  });

  test('has a schedule like any other', () => {
    const owner = tenant(HOST, 'health_check: { type: tcp, down_interval: 1m, timeout: 1s }', services(''));
    expect(resolveCheck(owner, owner.services[0])?.schedule).toMatchObject({ timeout: 1000, down_interval: 60_000 });
  });
});
