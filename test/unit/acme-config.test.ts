// What certificates by ACME need of a configuration, and for which hosts they are ordered.
import { describe, expect, test } from 'bun:test';
import { wantedHosts } from '../../src/acme/wanted-hosts.ts';
import { compile } from '../../src/plan/compile.ts';
import { formatProblem } from '../../src/config/problems.ts';
import { config, parsed, problemsOf } from '../support/configs.ts';

const TENANT = 'tenants: [{ name: a, domains: [a.test, "*.a.test"], services: [] }]';

describe('a configuration with acme', () => {
  test('is refused where nobody can prove its wildcards', () => {
    const [problem = ''] = problemsOf(`acme: {}\n${TENANT}`);
    expect(problem).toContain(
      ':2:40 tenants[0].domains[1]: a certificate for "*.a.test" can only be had by a record of the DNS',
    );
    expect(problem).toContain('tls.acme: false');
    expect(problemsOf(`acme: { dns: { command: [set-record] } }\n${TENANT}`)).toEqual([]);
    expect(problemsOf(`acme: {}\n${TENANT.replace('services', 'tls: { acme: false }, services')}`)).toEqual([]);
  });

  test('is refused where there is no place for keys', () => {
    const [problem = ''] = problemsOf('acme: {}\nstate_dir: none\ntenants: []');
    expect(problem).toContain(':2:12 state_dir: is none');
  });

  test('is refused where a proof is wanted that nobody can give', () => {
    const [problem = ''] = problemsOf('acme: { challenges: [dns-01] }\ntenants: []');
    expect(problem).toContain('acme.challenges: has dns-01 alone');
  });

  test('never shows the key of an account', () => {
    const eab =
      'acme: { directories: [{ url: "https://ca.test/dir", eab: { id: a, key: "not a key" } }] }\ntenants: []';
    expect(problemsOf(eab).join('\n')).not.toContain('not a key');
  });
});

describe('a warning tells which challenge cannot work', () => {
  const warnings = (acme: string, ...listeners: string[]) =>
    parsed(`acme: ${acme}\nlisteners: [${listeners.join(', ')}]\ntenants: []`).warnings.map(formatProblem);
  const plain = (port: number) => `{ address: ":${port}" }`;
  const secure = (port: number) => `{ address: ":${port}", tls: true }`;

  test('where authorities come to no port of the gateway', () => {
    const [warning = ''] = warnings('{}', plain(8080), secure(8443));
    expect(warning).toStartWith('test.yaml:1:1 acme: warning: no listener without TLS has port 80,');
    expect(warning).toContain('none with TLS has 443, for tls-alpn-01: neither can work');
    expect(warning).toContain('dns-01 with "acme.dns" needs no port');
    expect(warnings('{ dns: { command: [set-record] } }', plain(8080), secure(8443)).join()).toContain(
      '"challenges: [dns-01]" goes by "acme.dns"',
    );
    expect(warnings('{}', plain(443), secure(80), secure(8443)).join()).toContain('neither can work');
  });

  test('where the one that is tried first cannot', () => {
    const [warning = ''] = warnings('{}', secure(443));
    expect(warning).toContain('port 80, where authorities come for http-01, the challenge that is tried first');
    expect(warning).toContain('"challenges: [tls-alpn-01]" leaves it out');
  });

  test('unless one works, or somebody has named those that do', () => {
    expect(warnings('{}', plain(80), secure(443))).toEqual([]);
    expect(warnings('{}', plain(80), secure(8443))).toEqual([]);
    expect(warnings('{ challenges: [http-01, tls-alpn-01] }', plain(8080), secure(8443))).toEqual([]);
    expect(warnings('{}')).toEqual([]);
    expect(warnings('{}\ntls: { enabled: false }', plain(8080))).toEqual([]);
  });
});

describe('the hosts that certificates are ordered for', () => {
  const tenants = `tenants:
  - { name: a, domains: [a.test, "any.*", 192.0.2.1, "[::1]", localhost, www.b.test], services: [] }
  - { name: b, domains: [b.test], tls: { acme: false }, services: [] }`;

  test('are those of tenants without files that anybody may have a certificate for', () => {
    const plan = compile(config(`acme: { domains: [more.test] }\n${tenants}`));
    expect([...wantedHosts(plan, [], 0)]).toEqual(['more.test', 'a.test', 'www.b.test']);
    expect([...wantedHosts(compile(config(tenants)), [], 0)]).toEqual([]);
  });

  test('are not those that a file is for, as long as it has not expired', () => {
    const plan = compile(config(`acme: {}\n${tenants}`));
    const facts = {
      file: 'b.crt',
      names: ['*.b.test'],
      issuer: '',
      keyType: 'ec',
      fingerprint: '',
      validFrom: 0,
      expires: 10,
    };
    const held = [{ cert: '', key: '', facts, id: 1, owner: 'gateway', source: 'file' }] as const;
    expect([...wantedHosts(plan, held, 9)]).toEqual(['a.test']);
    expect([...wantedHosts(plan, held, 11)]).toEqual(['a.test', 'www.b.test']);
  });
});
