// Requests for a host over the connection of another.
import { describe, expect, test } from 'bun:test';
import { CertificateMaker } from '../support/certificate-maker.ts';
import { curl } from '../support/curl.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { ask, open, shownByAll, tenant } from '../support/named-hosts.ts';

describe('a request whose host belongs to another connection', () => {
  test('is answered 421, and its client gets it on a connection of its own', async () => {
    await using maker = await CertificateMaker.open();
    const [a, b] = [await maker.make({ names: ['a.test', 'also-a.test'] }), await maker.make({ names: ['b.test'] })];
    await using gateway = await GatewayProcess.start(
      `certificates: [${[a, b].map(({ cert, key }) => `{ cert_file: "${cert}", key_file: "${key}" }`).join(', ')}]\ntenants:\n` +
        tenant('a', ['a.test', 'also-a.test', 'uncertified.test']) +
        tenant('b', ['b.test']),
    );
    const socket = await open(gateway.port, 'a.test');
    for (const [host, status] of [
      ['a.test', 200],
      ['b.test', 421],
      ['A.test.', 200],
      ['also-a.test:443', 200],
      ['b.test', 421],
      // What clients without a name are shown, it is shown.
      ['uncertified.test', 200],
    ] as const)
      expect([host, await ask(socket, host)]).toEqual([host, status]);
    socket.destroy();
    const { port } = gateway;
    const answer = await curl('-k', '--resolve', `b.test:${port}:127.0.0.1`, `https://b.test:${port}/`);
    expect(answer).toMatchObject({ status: 200, body: 'b\n' });
    for (const version of ['--http1.1', '--http2']) {
      const place = ['-k', version, '--resolve', `a.test:${port}:127.0.0.1`, `https://a.test:${port}/`];
      expect((await curl(...place)).status).toBe(200);
      expect(await curl(...place, '-H', 'Host: b.test')).toMatchObject({ status: 421 });
    }
  });

  test('is none where all hosts are served with the same, nor where the certificate has been renewed meanwhile', async () => {
    await using maker = await CertificateMaker.open();
    const [a, b] = [await maker.make({ names: ['a.test'] }), await maker.make({ names: ['b.test'] })];
    await using gateway = await GatewayProcess.start(
      `tls: { cert_file: "${a.cert}", key_file: "${a.key}" }\ntenants:\n${tenant('a', ['a.test', 'b.test'])}`,
    );
    const socket = await open(gateway.port, 'a.test');
    expect([await ask(socket, 'b.test'), await ask(socket, 'a.test')]).toEqual([200, 200]);
    await gateway.rewrite(
      `tls: { cert_file: "${a.cert}", key_file: "${a.key}" }\ncertificates: [{ cert_file: "${b.cert}", key_file: "${b.key}" }]\ntenants:\n${tenant('a', ['a.test', 'b.test'])}`,
    );
    gateway.signal('SIGHUP');
    await shownByAll(gateway, 'b.test', 'b.test');
    expect([await ask(socket, 'b.test'), await ask(socket, 'a.test')]).toEqual([421, 200]);
    await maker.make({ names: ['new.a.test', 'a.test'] }, a.cert, a.key);
    await shownByAll(gateway, 'new.a.test', 'a.test');
    expect([await ask(socket, 'b.test'), await ask(socket, 'a.test')]).toEqual([421, 200]);
    socket.destroy();
  });

  test('gets round neither certificates of clients nor the policy of TLS', async () => {
    await using maker = await CertificateMaker.open();
    const { cert, key } = await maker.make({ names: ['*.test'] });
    const authority = await maker.make({ names: ['authority'], isAuthority: true });
    const client = await maker.make({ names: ['client'], issuer: authority });
    const asks = `    tls: { client_auth: { mode: require, ca_file: "${authority.cert}" } }\n`;
    await using gateway = await GatewayProcess.start(
      `tls: { cert_file: "${cert}", key_file: "${key}" }\ntenants:\n` +
        tenant('secret', ['secret.test', '*.inner.test'], asks) +
        tenant('modern', ['modern.test'], '    tls: { policy: modern }\n') +
        tenant('inner', ['open.inner.test'], '    path_prefix: /open/\n    tls: { client_auth: { mode: none } }\n') +
        tenant('open', ['open.test']),
    );
    const { port } = gateway;
    const shown = { cert: await Bun.file(client.cert).text(), key: await Bun.file(client.key).text() };
    for (const name of ['', 'open.test']) {
      const socket = await open(port, name, { maxVersion: 'TLSv1.2' });
      expect(await ask(socket, 'open.test')).toBe(200);
      expect([await ask(socket, 'secret.test'), await ask(socket, 'modern.test')]).toEqual([421, 421]);
      socket.destroy();
    }
    const trusted = await open(port, 'secret.test', shown);
    expect([await ask(trusted, 'secret.test'), await ask(trusted, 'open.test')]).toEqual([200, 421]);
    trusted.destroy();
    // The path leads to the tenant of the wildcard, which asks for more than the exact host has.
    const inner = await open(port, 'open.inner.test');
    expect([await ask(inner, 'open.inner.test', '/open/x'), await ask(inner, 'open.inner.test', '/secret')]).toEqual([
      200, 421,
    ]);
    inner.destroy();
  });
});

describe('certificates of clients that all hosts need but one', () => {
  test('are needed for the path of that host that leads to another tenant', async () => {
    await using maker = await CertificateMaker.open();
    const { cert, key } = await maker.make({ names: ['*.test'] });
    const { cert: ca } = await maker.make({ names: ['authority'], isAuthority: true });
    await using gateway = await GatewayProcess.start(
      `tls: { cert_file: "${cert}", key_file: "${key}", client_auth: { mode: require, ca_file: "${ca}" } }\ntenants:\n` +
        tenant('open', ['open.test'], '    path_prefix: /open/\n    tls: { client_auth: { mode: none } }\n') +
        tenant('rest', ['*.test']),
    );
    const socket = await open(gateway.port, 'open.test');
    expect([await ask(socket, 'open.test', '/open/x'), await ask(socket, 'open.test', '/x')]).toEqual([200, 421]);
    expect(await ask(socket, 'other.test', '/open/x')).toBe(421);
    socket.destroy();
  });
});
