// The paths that a policy is for, and paths that another program could take for one of them.
import { describe, expect, test } from 'bun:test';
import { ExchangeRig, read } from '../../support/exchange-rig.ts';
import { tenant } from '../../support/exchange-scenes.ts';
import { A } from '../../support/exchange-scenes.ts';

function rigWith(...policies: readonly object[]): ExchangeRig {
  return new ExchangeRig(read(tenant(`    policies: ${JSON.stringify(policies)}\n`, A)));
}

/** What becomes of a request for that path: the code of its failure, or that it goes on. */
function outcome(rig: ExchangeRig, path: string): string {
  return rig.send(`GET ${path} HTTP/1.1\r\nHost: shop.test\r\n\r\n`).failure?.code ?? 'goes on';
}

const SHUT = { ip_access: { deny: ['0.0.0.0/0', '::/0'] }, when: { paths: ['/admin/*', '/login'] } };

describe('paths that a policy is for', () => {
  test('are in their normal form, and the one without the slash belongs to those below it', () => {
    const rig = rigWith(SHUT);
    for (const path of ['/admin/', '/admin/x', '/admin', '/%61dmin/x', '/./admin/x', '/a/../admin/x', '/login'])
      expect([path, outcome(rig, path)]).toEqual([path, 'forbidden']);
    for (const path of ['/', '/administration', '/login/x', '/x//y', '/x;a=b'])
      expect([path, outcome(rig, path)]).toEqual([path, 'goes on']);
  });

  test('keep out as well what an origin could take for one of them', () => {
    const rig = rigWith(SHUT);
    for (const path of [
      '//admin/x',
      '/admin%2Fx',
      '/admin;a=b/x',
      '/login;x',
      '/x%2F..%2Fadmin',
      '/%5Cadmin/x',
      '/login%2F..',
    ])
      expect([path, outcome(rig, path)]).toEqual([path, 'path-ambiguous']);
  });

  test.each([
    { maintenance: { active: true } },
    { body: { types: ['application/json'] } },
    { static: { status: 403, body: 'shut' } },
  ])('are kept shut by %p, too', (policy) => {
    const rig = rigWith({ ...policy, when: { paths: ['/admin/*'] } });
    for (const path of ['//admin/x', '/admin;x', '/admin%2Fx'])
      expect([path, outcome(rig, path)]).toEqual([path, 'path-ambiguous']);
  });

  test('are no matter of safety for policies that keep nobody out', () => {
    const rig = rigWith({ headers: { response: { set: { 'X-A': '1' } } }, when: { paths: ['/assets/*'] } });
    expect(outcome(rig, '//assets/x')).toBe('goes on');
  });

  test('may be those that are left out', () => {
    const rig = rigWith({ ip_access: { deny: ['0.0.0.0/0', '::/0'] }, when: { not: { paths: ['/public/*'] } } });
    expect(['/public/x', '/public', '/x'].map((path) => outcome(rig, path))).toEqual([
      'goes on',
      'goes on',
      'forbidden',
    ]);
    expect(outcome(rig, '/public/..%2Fx')).toBe('path-ambiguous');
    expect(outcome(rig, '/x//public')).toBe('forbidden');
  });
});

describe('methods that a policy is for', () => {
  const outcomes = (when: object) =>
    ['GET', 'HEAD', 'POST'].map((method) => {
      const rig = rigWith({ ip_access: { deny: ['0.0.0.0/0', '::/0'] }, when });
      return (
        rig.send(`${method} / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 0\r\n\r\n`).failure?.code ?? 'goes on'
      );
    });

  test('are HEAD where they are GET, since origins do the same for both', () => {
    expect(outcomes({ methods: ['GET'] })).toEqual(['forbidden', 'forbidden', 'goes on']);
    expect(outcomes({ not: { methods: ['GET'] } })).toEqual(['goes on', 'goes on', 'forbidden']);
    expect(outcomes({ methods: ['HEAD'] })).toEqual(['goes on', 'forbidden', 'goes on']);
  });
});
