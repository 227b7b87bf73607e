// What `check` and `run` say of a configuration that loads, but hardly means what it says.
import { describe, expect, test } from 'bun:test';
import { plainName } from '../../src/core/certificate-names.ts';
import { uncoveredDomains } from '../../src/config/certificate-cover.ts';
import { formatProblem } from '../../src/config/problems.ts';
import { parsed, problemsOf } from '../support/configs.ts';

const warnings = (text: string) => parsed(text).warnings.map(formatProblem);

describe('a warning tells of', () => {
  const tls = 'tls: { cert_file: c.pem, key_file: k.pem }\n';

  test('a certificate that no listener shows', () => {
    expect(warnings(`${tls}listeners: [{ address: ":8080" }]\n`)).toEqual([
      'test.yaml:1:1 tls: warning: no listener has "tls: true": only an address of the command line would speak TLS',
    ]);
    for (const fine of ['listeners: [{ address: ":8080" }, { address: ":8443", tls: true }]\n', ''])
      expect(warnings(tls + fine)).toEqual([]);
    expect(warnings(`${tls.replace('{ ', '{ enabled: false, ')}listeners: [{ address: ":8080" }]\n`)).toEqual([]);
  });

  test('a listener that takes the usual address of the admin API', () => {
    for (const address of [':9901', '127.0.0.1:9901', 'localhost:9901']) {
      const [warning] = warnings(`listeners: [{ address: "${address}" }]\n`);
      expect(warning).toStartWith(
        `test.yaml:1:24 listeners[0].address: warning: "${address}" takes 127.0.0.1:9901 from the admin API`,
      );
      expect(warnings(`listeners: [{ address: "${address}" }]\nadmin: { address: none }\n`)).toEqual([]);
    }
    expect(warnings('listeners: [{ address: "10.0.0.1:9901" }]\n')).toEqual([]);
  });

  test('a service that is not checked where others are', () => {
    const services = (...more: readonly string[]) =>
      `tenants:\n  - name: a\n    domains: [a.test]\n    ${more.join('\n    ')}\n`;
    const one = '{ name: a, url: "http://a.test", health: /up }';
    const other = '{ name: b, url: "http://b.test" }';
    expect(warnings(services(`services: [${one}, ${other}]`))).toEqual([
      'test.yaml:4:64 tenants[0].services[1]: warning: the service is not checked, but others of the tenant are; `health: ""` says that it is meant',
    ]);
    const meant = other.replace(' }', ', health: "" }');
    for (const fine of [
      [`services: [${one}, ${meant}]`],
      [`services: [${other}, ${other.replace('name: b', 'name: c')}]`],
      ['health_check: { path: /up }', `services: [${one}, ${other}]`],
    ])
      expect(warnings(services(...fine))).toEqual([]);
  });

  test('tokens of operators that stand in the file as they are', () => {
    const said = 'warning: whoever reads the file has this token; ';
    const found = warnings('admin: { tokens: [0123456789abcdef, { name: ci, token: 0123456789abcdeg }] }');
    expect(found).toEqual([
      expect.stringContaining(`admin.tokens[0]: ${said}`),
      expect.stringContaining(`admin.tokens[1].token: ${said}`),
    ]);
    expect(found.join('\n')).not.toContain('0123456789abcde');
    expect(warnings('admin: { tokens: ["${A:-0123456789abcdef}", { token: "${B:-0123456789abcdef}" }] }')).toEqual([]);
    expect(warnings(`admin: { tokens: [{ name: ci, hash: "sha256:${'0'.repeat(64)}" }] }`)).toEqual([]);
  });

  test('domains that the certificate is not for', () => {
    const said = (names: readonly string[], text: string) => {
      const { config, source } = parsed(tls + text);
      return source
        .problems(uncoveredDomains(config, { common: new Set(names.map(plainName)), own: new Map() }))
        .map(formatProblem);
    };
    const tenants = (...domains: readonly string[]) =>
      `tenants: [{ name: a, services: [], domains: [${domains.map((one) => `"${one}"`).join(', ')}] }]\n`;
    const all = tenants('a.test', 'www.a.test', '*.a.test', '[2001:db8::1]', '10.0.0.1', 'shop.*');
    expect(said(['a.test', '*.a.test', '2001:DB8:0:0:0:0:0:1', '10.0.0.1'], all)).toEqual([]);
    expect(said(['A.test'], all)).toEqual([
      'test.yaml:2:56 tenants[0].domains[1]: warning: "www.a.test" is served with TLS, but the certificate is not for it, nor for *.a.test, [2001:db8::1], 10.0.0.1',
    ]);
    expect(said(['*.test'], tenants('a.b.test', 'a.test'))[0]).toContain('"a.b.test" is served with TLS');
    expect(said(['other.test', 'x.test'], all)).toEqual([
      'test.yaml:1:19 tls.cert_file: warning: the certificate is for other.test, x.test, which no tenant has among its domains',
    ]);
    const plain = 'listeners: [{ name: plain, address: ":80" }, { name: tls, address: ":443", tls: true }]\n';
    expect(said(['a.test'], plain + tenants('a.test').replace('services', 'listeners: [plain], services'))).toEqual([]);
    expect(said(['b.test'], plain + tenants('a.test').replace('services', 'listeners: [plain], services'))).toEqual([]);
    expect(said(['b.test'], plain + tenants('a.test').replace('services', 'listeners: [tls], services'))).toHaveLength(
      1,
    );
  });
});

test('localhost and its address are one place to listen on', () => {
  expect(problemsOf('listeners: [{ address: "localhost:80" }, { address: "127.0.0.1:80" }]\n')[0]).toContain(
    'is taken by the listener in line 1, which has "localhost:80"',
  );
});
