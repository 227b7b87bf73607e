import { hash } from 'node:crypto';
import { describe, expect, test } from 'bun:test';
import { maintenance } from '../../../src/policies/maintenance.ts';
import { answerTo, fieldOf, policyOf, refusalsOf, requestFor, verdictOn } from '../../support/policies/alone.ts';
import { policyTools } from '../../support/policies/tools.ts';

const SECRET = 'a-secret-of-the-team';
const ACTIVE = { active: true };

type Asked = Parameters<typeof requestFor>[1];

function isLetIn(options: object, target = '/', asked: Asked = {}): boolean {
  return verdictOn(policyOf(maintenance, options), requestFor(target, asked)).kind === 'continue';
}

describe('maintenance', () => {
  test('keeps everybody out while it is on', () => {
    expect([isLetIn({}), isLetIn(ACTIVE)]).toEqual([true, false]);
    expect(verdictOn(policyOf(maintenance, ACTIVE), requestFor('/'))).toMatchObject({
      kind: 'refuse',
      failure: { code: 'maintenance' },
      retryAfter: 300_000,
    });
  });

  test('is turned on and off by an operator, whatever the configuration says', () => {
    const tools = policyTools();
    const policy = policyOf(maintenance, {}, tools);
    const state = () => [policy.switch?.isOn, policy.switch?.decided, verdictOn(policy, requestFor('/')).kind];
    expect(state()).toEqual([false, null, 'continue']);
    policy.switch?.turn(true);
    expect(state()).toEqual([true, true, 'refuse']);
    // Another process, or the same policy with other options.
    expect(policyOf(maintenance, { except: ['/x'] }, tools).switch?.isOn).toBe(true);
    policy.switch?.turn(false);
    expect(policyOf(maintenance, ACTIVE, tools).switch?.isOn).toBe(false);
    policy.switch?.turn(null);
    expect(state()).toEqual([false, null, 'continue']);
  });

  test('lets in whoever is named by address, or shows the secret', () => {
    const allow = { clients: ['10.0.0.0/8'], header: { 'X-Bypass': SECRET } };
    const hashed = { header: { 'x-bypass': `sha256:${hash('sha256', SECRET)}` } };
    const outside = { address: '192.0.2.1' };
    expect(isLetIn({ ...ACTIVE, allow })).toBe(true);
    expect(isLetIn({ ...ACTIVE, allow }, '/', { client: outside })).toBe(false);
    for (const given of [allow, hashed]) {
      expect(isLetIn({ ...ACTIVE, allow: given }, '/', { client: outside, fields: [`x-bypass: ${SECRET}`] })).toBe(
        true,
      );
      expect(isLetIn({ ...ACTIVE, allow: given }, '/', { client: outside, fields: [`x-bypass: ${SECRET}x`] })).toBe(
        false,
      );
    }
  });

  test('has backends get no field with the secret, and no plan has the secret', () => {
    const options = maintenance.options.parse({ allow: { header: { 'X-Bypass': SECRET } } });
    expect(maintenance.identityFields(options)).toEqual(['x-bypass']);
    expect(JSON.stringify(options)).not.toContain(SECRET);
  });

  test('leaves paths alone that are excepted', () => {
    const options = { ...ACTIVE, except: ['/health', '/status/*'] };
    const paths = ['/health', '/status/a', '/healthy', '/'];
    expect(paths.map((path) => isLetIn(options, path))).toEqual([true, true, false, false]);
  });

  test('has a page for browsers, and problem details for programs', () => {
    const policy = policyOf(maintenance, { ...ACTIVE, inline: '<p>{status}</p>', retry_after: '1m' });
    const answer = answerTo(policy, requestFor('/', { fields: ['Accept: text/html'] }));
    expect([answer.status, new TextDecoder().decode(answer.body)]).toEqual([503, '<p>503</p>']);
    expect([fieldOf(answer, 'retry-after'), fieldOf(answer, 'cache-control')]).toEqual(['60', 'no-store']);
    expect(verdictOn(policy, requestFor('/', { fields: ['Accept: application/json'] })).kind).toBe('refuse');
  });

  test('may have another status', () => {
    const answer = answerTo(policyOf(maintenance, { ...ACTIVE, status: 200 }), requestFor('/'));
    expect([answer.status, fieldOf(answer, 'content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
  });

  test.each([
    [{ inline: 'a', file: 'b' }, /stands beside/],
    [{ allow: { header: { 'x-a': 'short' } } }, /too short to be a secret/],
    [{ except: ['health'] }, /is not a path/],
  ])('cannot be %j', (options, message) => {
    expect(refusalsOf(maintenance, options).join()).toMatch(message);
  });
});
