// A prefix that is removed before a request goes on: what the origin learns of it, and what the client gets back.
import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { curl } from '../support/curl.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { NginxFiles } from '../support/nginx-files.ts';
import { Origin, type Seen } from '../support/origin.ts';
import { uncheckedTenant } from '../support/yaml.ts';

const HOST = ['-H', 'Host: www.test'];

/** An origin that answers with these fields. */
function answering(...fields: (readonly [string, string])[]): Origin {
  return new Origin(
    'a',
    () => new Response(null, { status: 302, headers: new Headers(fields.map(([n, v]) => [n, v])) }),
  );
}

describe('a client of a tenant with a prefix', () => {
  test('is redirected within it, and gets its cookies back', async () => {
    using origin = answering(
      ['Location', '/login'],
      ['Content-Location', '/page'],
      ['Set-Cookie', 'a=1; Path=/; HttpOnly'],
      ['Set-Cookie', 'b=2'],
      ['Set-Cookie', '__Host-c=3; Path=/; Secure'],
      ['X-Other', '/x'],
    );
    await using gateway = await GatewayProcess.start(uncheckedTenant('/foo/', [origin]));
    const { headers } = await curl(...HOST, `${gateway.url}/foo/x`);
    expect(headers.get('location')).toBe('/foo/login');
    expect(headers.get('content-location')).toBe('/foo/page');
    expect(headers.get('x-other')).toBe('/x');
    expect(headers.getSetCookie().toSorted()).toEqual([
      '__Host-c=3; Path=/; Secure',
      'a=1; Path=/foo/; HttpOnly',
      'b=2',
    ]);
  });

  test('sends its cookie back with the next request, as browsers and curl do', async () => {
    using origin = new Origin('a', ({ headers, url }) => {
      if (!url.endsWith('/login')) return new Response(headers.get('cookie'));
      return new Response(null, { status: 302, headers: { Location: '/home', 'Set-Cookie': 'sid=1; Path=/' } });
    });
    await using gateway = await GatewayProcess.start(uncheckedTenant('/foo/', [origin]));
    const { status, body } = await curl('--location', '--cookie', '/dev/null', `${gateway.url}/foo/login`);
    expect(body === '' ? status : body).toContain('sid=1');
  });

  test('stays there with an nginx that redirects to a folder by its own port', async () => {
    await using nginx = await NginxFiles.start('', {});
    await mkdir(join(nginx.root, 'folder'));
    await using gateway = await GatewayProcess.start(uncheckedTenant('/foo/', [nginx]));
    const { status, headers } = await curl(...HOST, `${gateway.url}/foo/folder`);
    expect([status, headers.get('location')]).toEqual([301, 'http://www.test/foo/folder/']);
  });

  test('moves files of an nginx by WebDAV, by an absolute Destination and by a path', async () => {
    await using nginx = await NginxFiles.start('dav_methods MOVE COPY;', { 'a.css': 'x' });
    await using gateway = await GatewayProcess.start(uncheckedTenant('/foo/', [nginx]));
    const url = `${gateway.url}/foo/a.css`;
    const copied = await curl('-X', 'COPY', '-H', `Destination: ${gateway.url}/foo/b.css`, url);
    const moved = await curl('-X', 'MOVE', '-H', 'Destination: /foo/c.css', url);
    expect([copied.status, moved.status]).toEqual([204, 204]);
    expect(['a.css', 'b.css', 'c.css'].map((name) => existsSync(join(nginx.root, name)))).toEqual([false, true, true]);
  });

  test('leaves it where the tenant does not want it mapped', async () => {
    using origin = answering(['Location', '/login'], ['Set-Cookie', 'a=1; Path=/']);
    await using gateway = await GatewayProcess.start(uncheckedTenant('/foo/', [origin], '    map_back: false\n'));
    const { headers } = await curl(`${gateway.url}/foo/x`);
    expect([headers.get('location'), headers.get('set-cookie')]).toEqual(['/login', 'a=1; Path=/']);
  });

  test('keeps it where the tenant passes it on', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/foo/', [origin], '    strip_prefix: false\n'));
    const seen = JSON.parse((await curl(`${gateway.url}/foo/x?y`)).body) as Seen;
    expect(seen.url).toBe('/foo/x?y');
    expect(seen.headers).not.toHaveProperty('x-forwarded-prefix');
  });

  test('keeps the cookie of its affinity beside those of the origin', async () => {
    using origin = answering(['Set-Cookie', 'a=1; Path=/'], ['Location', '/y']);
    await using gateway = await GatewayProcess.start(uncheckedTenant('/foo/', [origin], '    affinity: {}\n'));
    const { headers } = await curl(`${gateway.url}/foo/x`);
    const paths = headers.getSetCookie().map((cookie) => /; Path=([^;]*)/.exec(cookie)?.[1]);
    expect(paths).toEqual(['/foo/', '/foo/']);
  });
});

describe('an origin', () => {
  test('is told which prefix was removed, and what proxies before have removed', async () => {
    using origin = new Origin('a');
    const told = async (settings: string, ...words: string[]): Promise<string | undefined> => {
      await using gateway = await GatewayProcess.start(settings + uncheckedTenant('/foo/bar/', [origin]));
      const { body } = await curl(...words, `${gateway.url}/foo/%62ar/x`);
      return (JSON.parse(body) as Seen).headers['x-forwarded-prefix'];
    };
    const claim = ['-H', 'X-Forwarded-Prefix: /outer/'];
    expect(await told('')).toBe('/foo/bar');
    expect(await told('', ...claim)).toBe('/foo/bar');
    expect(await told('trusted_proxies: [127.0.0.0/8]\n', ...claim)).toBe('/outer/foo/bar');
  });

  test('does not give away its own address', async () => {
    let own = '';
    using origin = new Origin(
      'a',
      () => new Response(null, { status: 302, headers: { Location: `${own}/base/login` } }),
    );
    own = origin.url;
    const place = [{ name: 'a', url: `${own}/base` }];
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', place, '    pass_host_header: false\n'));
    expect((await curl(...HOST, `${gateway.url}/x`)).headers.get('location')).toBe('http://www.test/login');
  });
});
