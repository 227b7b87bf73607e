// Certificates by name: which one a host is served with, and how they are replaced while they are in use.
import { describe, expect, test } from 'bun:test';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { readTlsFiles } from '../../src/config/tls-files.ts';
import { compile } from '../../src/plan/compile.ts';
import { Gateway } from '../../src/runtime/gateway.ts';
import { realWorld } from '../../src/world.ts';
import { CertificateMaker, type MadePair } from '../support/certificate-maker.ts';
import { config } from '../support/configs.ts';
import { curl } from '../support/curl.ts';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { ask, open, shownByAll, shownTo, tenant } from '../support/named-hosts.ts';
import { until } from '../support/until.ts';

describe('a host', () => {
  test('is served with its own certificate: exact before wildcard, the tenant before the gateway, by the kind of key', async () => {
    await using maker = await CertificateMaker.open();
    const usual = await maker.make({ names: ['usual.test'] });
    const list = maker.path('list');
    await mkdir(`${list}/certbot`, { recursive: true });
    await maker.make({ names: ['*.shop.test'] }, `${list}/wild.crt`);
    await maker.make({ names: ['a.shop.test'] }, `${list}/certbot/fullchain.pem`, `${list}/certbot/privkey.pem`);
    await maker.make({ names: ['both.test'], kind: 'rsa' }, `${list}/rsa.crt`);
    await maker.make({ names: ['both.test'] }, `${list}/ecdsa.crt`);
    const own = await maker.make({ names: ['own.shop.test', 'stranger.test'] });
    await using gateway = await GatewayProcess.start(
      `tls: { cert_file: "${usual.cert}", key_file: "${usual.key}" }\ncertificates: [{ folder: "${list}" }]\ntenants:\n` +
        tenant('shop', ['own.shop.test'], `    tls: { cert_file: "${own.cert}", key_file: "${own.key}" }\n`) +
        tenant('rest', ['both.test', '*.shop.test']),
    );
    const { port } = gateway;
    const names = ['', 'nobody.test', 'b.shop.test', 'A.shop.test', 'own.shop.test', 'stranger.test', 'x.y.shop.test'];
    expect(await Promise.all(names.map((name) => shownTo(port, name)))).toEqual([
      'usual.test',
      'usual.test',
      '*.shop.test',
      'a.shop.test',
      'own.shop.test',
      'usual.test',
      'usual.test',
    ]);
    const kinds = ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'];
    for (const ciphers of kinds) {
      const socket = await open(port, 'both.test', { maxVersion: 'TLSv1.2', ciphers });
      expect(socket.getCipher().name).toBe(ciphers);
      socket.destroy();
    }
  });

  test('that nobody has a certificate for is refused where that is wanted, and so is a client that asks for none', async () => {
    await using maker = await CertificateMaker.open();
    const { cert, key } = await maker.make({ names: ['a.test'] });
    await using gateway = await GatewayProcess.start(
      `tls: { cert_file: "${cert}", key_file: "${key}", unknown_names: refuse }\ntenants:\n${tenant('a', ['a.test'])}`,
    );
    expect(await shownTo(gateway.port, 'a.test')).toBe('a.test');
    for (const name of ['', 'b.test']) expect(await shownTo(gateway.port, name)).toMatch(/UNRECOGNIZED_NAME|ALERT/);
  });
});

test('a tenant with hsts tells browsers so, by TLS alone', async () => {
  await using maker = await CertificateMaker.open();
  const { cert, key } = await maker.make({ names: ['a.test'] });
  const started = await Gateway.start({
    plan: compile(
      config(
        `tls: { cert_file: "${cert}", key_file: "${key}" }\nlisteners: [{ address: "127.0.0.1:0" }, { address: "127.0.0.1:0", tls: true }]\ntenants:\n` +
          tenant('a', ['a.test'], '    hsts: { max_age: 180d, include_subdomains: true }\n') +
          tenant('b', ['b.test']),
      ),
    ),
    address: null,
    world: { ...realWorld(), writeLog: () => undefined },
  });
  if (!started.ok) throw new Error(started.error);
  const [plain, secure] = started.value.addresses.map(({ port }) => port);
  const said = async (url: string, host: string): Promise<string | null> =>
    (await curl('-k', '-H', `Host: ${host}`, url)).headers.get('strict-transport-security');
  try {
    expect(await said(`https://127.0.0.1:${secure}/`, 'a.test')).toBe('max-age=15552000; includeSubDomains');
    expect(await said(`https://127.0.0.1:${secure}/`, 'b.test')).toBeNull();
    expect(await said(`http://127.0.0.1:${plain}/`, 'a.test')).toBeNull();
  } finally {
    started.value.stop();
  }
});

describe('certificates that are in use', () => {
  test('are replaced by their files alone, one by one, in all processes, and connections go on', async () => {
    await using maker = await CertificateMaker.open();
    // As Kubernetes does it: a link to the folder of the present version.
    const versions = [maker.path('v1'), maker.path('v2')] as const;
    for (const [at, folder] of versions.entries()) {
      await mkdir(folder);
      await maker.make({ names: [`v${at + 1}.a.test`, 'a.test'] }, `${folder}/tls.crt`);
    }
    const data = maker.path('..data');
    const list = maker.path('list');
    await mkdir(list);
    await symlink(versions[0], data);
    for (const end of ['crt', 'key']) await symlink(`${data}/tls.${end}`, `${list}/tls.${end}`);
    const own = await maker.make({ names: ['b.test'] });
    await using gateway = await GatewayProcess.start(
      `certificates: [{ folder: "${list}" }]\ntenants:\n${tenant('a', ['a.test'])}` +
        tenant('b', ['b.test'], `    tls: { cert_file: "${own.cert}", key_file: "${own.key}" }\n`),
    );
    const socket = await open(gateway.port, 'a.test');
    await symlink(versions[1], `${data}.new`);
    await rename(`${data}.new`, data);
    await shownByAll(gateway, 'v2.a.test', 'a.test');
    expect(await ask(socket, 'a.test')).toBe(200);
    socket.destroy();
    const loaded = gateway.errors.match(/certificate loaded" .*/g) ?? [];
    expect(loaded.map((line) => /names="?([^ ,"]+)/.exec(line)?.[1])).toEqual(['v1.a.test', 'b.test', 'v2.a.test']);
    expect(loaded[1]).toContain('tenant=b');
    await rm(data);
    await symlink(versions[0], data);
    await rm(maker.path('v2'), { recursive: true });
    await shownByAll(gateway, 'v1.a.test', 'a.test');
  });

  test('stay where a half of the next pair is missing or wrong, which is told once', async () => {
    await using maker = await CertificateMaker.open();
    const { cert, key } = await maker.make({ names: ['old.test'] });
    await using gateway = await GatewayProcess.start(
      `tls: { cert_file: "${cert}", key_file: "${key}" }\ntenants: []\n`,
    );
    const next = await maker.make({ names: ['new.test'] });
    const keptKey = await Bun.file(next.key).text();
    await rename(next.cert, cert);
    const told = (): number => (gateway.errors.match(/certificate cannot be used as it is/g) ?? []).length;
    await until(() => told() === 1, 'it is told');
    expect(gateway.errors).toContain('holds the key of another certificate');
    expect(await shownTo(gateway.port)).toBe('old.test');
    const { certificates } = (await (await fetch(`${gateway.admin}/certificates`)).json()) as {
      certificates: readonly object[];
    };
    expect(certificates).toMatchObject([
      { file: cert, names: ['old.test'], state: 'valid', problem: expect.stringContaining('the one before stays') },
    ]);
    const { out } = await keystone(['status', '--url', gateway.admin]);
    expect(out).toContain('the one before stays');
    await writeFile(key, keptKey);
    await shownByAll(gateway, 'new.test', 'nobody.test');
    expect(told()).toBe(1);
    const workers = (await fetch(`${gateway.admin}/events`).then((one) => one.text())).match(/worker_replaced/g) ?? [];
    expect(workers).toEqual([]);
  });
});

describe('keystone check', () => {
  test('names every certificate that cannot be used, with its place', async () => {
    await using maker = await CertificateMaker.open();
    const root = await maker.make({ names: ['Root'], isAuthority: true });
    const between = await maker.make({ names: ['Between'], isAuthority: true, issuer: root });
    const leaf = await maker.make({ names: ['a.test'], issuer: between });
    const other = await maker.make({ names: ['other.test'] });
    const backwards = await maker.join(maker.path('backwards.pem'), between.cert, leaf.cert);
    const shuffled = await maker.join(maker.path('shuffled.pem'), leaf.cert, root.cert, between.cert);
    const gap = await maker.join(maker.path('gap.pem'), leaf.cert, root.cert);
    const whole = await maker.join(maker.path('whole.pem'), leaf.cert, between.cert, root.cert);
    const list = maker.path('list');
    await mkdir(list);
    await writeFile(`${list}/bad.crt`, 'nothing');
    await writeFile(`${list}/bad.key`, 'nothing');
    await writeFile(`${list}/alone.key`, await Bun.file(other.key).text());
    const check = async (certificates: string, more = ''): Promise<string> => {
      const text = `certificates: [${certificates}]\ntenants:\n${tenant('a', ['a.test'], more)}`;
      await writeFile(maker.path('keystone.yaml'), text);
      const { errors } = await keystone(['check', '--config', 'keystone.yaml'], { cwd: maker.folder });
      return errors;
    };
    const pair = (cert: string, key = leaf.key): string => `{ cert_file: "${cert}", key_file: "${key}" }`;
    expect(await check(pair(whole))).not.toContain('incomplete');
    expect(await check(pair(backwards))).toMatch(
      /keystone.yaml:1:29 certificates\[0\].cert_file: .* in the wrong order: the key is that of number 2/,
    );
    expect(await check(pair(shuffled))).toMatch(
      /:1:29 .*warning: .* in the wrong order: that of Between must follow number 1/,
    );
    expect(await check(pair(gap))).toMatch(
      /:1:29 .*warning: .* is incomplete: after number 1, the certificate of its issuer Between is missing/,
    );
    expect(await check(pair(leaf.cert))).toMatch(
      /warning: .* may be incomplete: it has no certificate of its issuer Between/,
    );
    expect(await check(pair(whole, other.key))).toContain('holds the key of another certificate');
    const folder = await check(`${pair(whole)}, { folder: "${list}" }`);
    expect(folder).toMatch(/:1:\d+ certificates\[1\].folder: warning: .*bad.crt has no certificate in PEM/);
    expect(folder).toMatch(/alone.key is a key without its certificate/);
    expect(await check('{ folder: "/nowhere" }')).toMatch(/certificates\[0\].folder: "\/nowhere" does not exist/);
    const strange = `    tls: { cert_file: "${other.cert}", key_file: "${other.key}" }\n`;
    expect(await check(pair(whole), strange)).toMatch(
      /tenants\[0\].tls.cert_file: .* is for other.test, which is none of the domains/,
    );
    await Bun.spawn(['chmod', '644', leaf.key]).exited;
    expect(await check(pair(whole))).toMatch(/certificates\[0\].key_file: warning: .* holds a key, and every user/);
  });
});

test('a key that every user may read is told of when a reload brings it', async () => {
  await using maker = await CertificateMaker.open();
  const { cert, key } = await maker.make({ names: ['a.test'] });
  await Bun.spawn(['chmod', '644', key]).exited;
  const text = `certificates: [{ cert_file: "${cert}", key_file: "${key}" }]\ntenants:\n${tenant('a', ['a.test'])}`;
  await using gateway = await GatewayProcess.start(`tenants:\n${tenant('a', ['a.test'])}`);
  await gateway.rewrite(text);
  gateway.signal('SIGHUP');
  await until(() => gateway.errors.includes('holds a key, and every user of this machine may read it'), 'it is told');
});

describe('an authority of certificates', () => {
  const TEXT = `listeners: [{ address: "127.0.0.1:0", redirect_to_https: true }]\ntenants:\n${tenant(
    'a',
    ['a.test'],
    '    policies: [{ ip_access: { deny: ["0.0.0.0/0"] } }]\n',
  )}`;

  test('is answered while a token is open: before redirects, policies and tenants, for every host', async () => {
    const plan = compile(config(TEXT));
    const started = await Gateway.start({ plan, address: null, world: { ...realWorld(), writeLog: () => undefined } });
    if (!started.ok) throw new Error(started.error);
    const gateway = started.value;
    try {
      const place = `http://127.0.0.1:${gateway.address.port}/.well-known/acme-challenge/`;
      const asked = async (token: string, host = 'a.test') => {
        const { status, body } = await curl('-H', `Host: ${host}`, `${place}${token}`);
        return status === 200 ? body : status;
      };
      expect(await asked('one')).toBe(403);
      await gateway.certificates.setAnswer('one', 'one.proof');
      expect([await asked('one'), await asked('one', 'nobody.test'), await asked('two')]).toEqual([
        'one.proof',
        'one.proof',
        403,
      ]);
      await gateway.certificates.setAnswer('one', null);
      expect([await asked('one'), await asked('one', 'nobody.test')]).toEqual([403, 404]);
    } finally {
      gateway.stop();
    }
  });

  test('sees the certificate of its challenge, and clients the one that has come of it', async () => {
    await using maker = await CertificateMaker.open();
    const usual = await maker.make({ names: ['usual.test'] });
    const proof = await maker.make({ names: ['proof.test'] });
    const issued = await maker.make({ names: ['a.test'] });
    const text = `tls: { cert_file: "${usual.cert}", key_file: "${usual.key}" }\ntenants:\n${tenant('a', ['a.test'])}`;
    const world = { ...realWorld(), writeLog: () => undefined };
    const address = { hostname: '127.0.0.1', port: 0 };
    const started = await Gateway.start({ plan: compile(config(text)), address, world });
    if (!started.ok) throw new Error(started.error);
    const gateway = started.value;
    const { port } = gateway.address;
    const textsOf = async ({ cert, key }: MadePair) => ({
      cert: await Bun.file(cert).text(),
      key: await Bun.file(key).text(),
    });
    try {
      const acme = { ALPNProtocols: ['acme-tls/1'] };
      await gateway.certificates.setChallenge('a.test', await textsOf(proof));
      expect([await shownTo(port, 'a.test', acme), await shownTo(port, 'a.test')]).toEqual([
        'proof.test',
        'usual.test',
      ]);
      await gateway.certificates.setChallenge('a.test', null);
      const read = await readTlsFiles({ certFile: issued.cert, keyFile: issued.key }, world.readFile);
      if (!read.ok) throw new Error('it cannot be read');
      await gateway.certificates.install('a.test', read.value.certificate);
      expect([await shownTo(port, 'a.test'), await shownTo(port)]).toEqual(['a.test', 'usual.test']);
      // It outlives a plan.
      await gateway.apply(compile(config(text)));
      expect(await shownTo(port, 'a.test')).toBe('a.test');
      expect(gateway.certificates.reports.map(({ source }) => source)).toEqual(['file', 'acme']);
      await gateway.certificates.remove('a.test');
      expect(await shownTo(port, 'a.test')).toBe('usual.test');
    } finally {
      gateway.stop();
    }
  });
});
