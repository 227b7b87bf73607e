// Names and passwords: who knows one comes in, guessing is slow, and no backend gets to know a password.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'bun:test';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { basic, fieldsOf, guardedTenant, oneGuarded, seenBy } from '../support/guarded-tenant.ts';
import { Origin } from '../support/origin.ts';

// Of the weakest kind that is taken, so that tests are fast.
const ANNA = `{ name: anna, hash: "${await Bun.password.hash('pass:wörd ☂', { algorithm: 'bcrypt', cost: 4 })}" }`;
const BERT = `{ name: bert, hash: "${await Bun.password.hash('geheim', { algorithm: 'argon2id', memoryCost: 8, timeCost: 1 })}" }`;
const CHALLENGE = 'Basic realm="the \\"back\\" room", charset="UTF-8"';

function policy(more = ''): string {
  return `basic_auth: { realm: 'the "back" room', users: [${ANNA}, ${BERT}]${more} }`;
}

function asker(gateway: GatewayProcess) {
  return (authorization: string | null, more: Record<string, string> = {}): Promise<Response> =>
    fetch(gateway.url, { headers: { ...(authorization === null ? {} : { Authorization: authorization }), ...more } });
}

describe('a password', () => {
  test('that is right lets in, in UTF-8 and with colons, by bcrypt and argon2; backends learn the name alone', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [policy()]));
    const ask = asker(gateway);
    for (const [name, password] of [
      ['anna', 'pass:wörd ☂'],
      ['bert', 'geheim'],
      ['anna', 'pass:wörd ☂'],
    ] as const) {
      const response = await ask(basic(name, password), { 'X-User': 'root' });
      const seen = await seenBy(response);
      expect([response.status, ...fieldsOf(seen, 'x-user', 'authorization')]).toEqual([200, name, null]);
    }
    expect((await ask(basic('bert', 'geheim').replace('Basic', 'bASIC'))).status).toBe(200);
  });

  test('that is wrong, malformed or missing does not, and the answer says how to ask', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [policy(', failures_per_minute: 600')]));
    const ask = asker(gateway);
    const answers = await Promise.all(
      [
        null,
        basic('anna', 'wrong'),
        basic('nobody', 'geheim'),
        basic('', ''),
        'Basic',
        'Basic !!!',
        'Basic YQ',
        `Basic ${Buffer.from([0xff, 0x3a, 0x61]).toString('base64')}`,
        `Basic ${Buffer.from('anna:\u0000').toString('base64')}`,
        'Bearer abc',
        `${basic('anna', 'pass:wörd ☂')}, Basic abc`,
      ].map((one) => ask(one)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from(answers, () => 401));
    expect(new Set(answers.map(({ headers }) => headers.get('www-authenticate')))).toEqual(new Set([CHALLENGE]));
    expect(origin.requests).toBe(0);
    expect(gateway.output + gateway.errors).not.toContain('wrong');
  });

  test('goes on to backends where that is wanted', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(
      guardedTenant(origin, [policy(', forward: { credentials: true, headers: { X-Name: name } }')]),
    );
    const seen = await seenBy(await asker(gateway)(basic('bert', 'geheim')));
    expect([seen.headers['authorization'], seen.headers['x-name']]).toEqual([basic('bert', 'geheim'), 'bert']);
  });

  test('is wrong from the reload on that changes it, also where it was remembered', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [policy()]));
    const ask = asker(gateway);
    expect((await ask(basic('bert', 'geheim'))).status).toBe(200);
    const hash = await Bun.password.hash('another', { algorithm: 'bcrypt', cost: 4 });
    await gateway.rewrite(guardedTenant(origin, [`basic_auth: { users: [{ name: bert, hash: "${hash}" }] }`]));
    expect((await fetch(`${gateway.admin}/reload`, { method: 'POST' })).status).toBe(200);
    expect((await ask(basic('bert', 'geheim'))).status).toBe(401);
    expect((await ask(basic('bert', 'another'))).status).toBe(200);
  });

  test('may be given wrong ten times a minute, by each client; who is remembered still comes in', async () => {
    using origin = new Origin('a');
    const yaml = `trusted_proxies: ["127.0.0.1"]\n${guardedTenant(origin, [policy()])}`;
    await using gateway = await GatewayProcess.start(yaml);
    const ask = asker(gateway);
    const from = (address: string) => ({ 'X-Forwarded-For': address });
    expect((await ask(basic('bert', 'geheim'), from('192.0.2.1'))).status).toBe(200);
    const statuses: number[] = [];
    for (let guess = 0; guess < 12; guess++)
      statuses.push((await ask(basic('bert', `guess ${guess}`), from('192.0.2.1'))).status);
    expect(statuses.filter((status) => status === 401).length).toBe(10);
    expect(statuses.slice(-2)).toEqual([429, 429]);
    const refused = await ask(basic('anna', 'pass:wörd ☂'), from('192.0.2.1'));
    expect([refused.status, Number(refused.headers.get('retry-after')) >= 1]).toEqual([429, true]);
    expect((await ask(basic('bert', 'geheim'), from('192.0.2.1'))).status).toBe(200);
    expect((await ask(basic('anna', 'pass:wörd ☂'), from('192.0.2.2'))).status).toBe(200);
  });

  test('of a file of htpasswd works, by the way nginx and Apache write it', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [policy()]));
    const file = join(gateway.directory, 'htpasswd');
    const bcrypt = (await Bun.password.hash('secret', { algorithm: 'bcrypt', cost: 4 })).replace('$2b$', '$2y$');
    await writeFile(file, `# people\r\nclara:${bcrypt}\r\n\r\n`);
    await gateway.rewrite(guardedTenant(origin, [`basic_auth: { users_file: "${file}" }`]));
    expect((await fetch(`${gateway.admin}/reload`, { method: 'POST' })).status).toBe(200);
    expect((await asker(gateway)(basic('clara', 'secret'))).status).toBe(200);
  });
});

describe('a hash that is not taken', () => {
  test('is said where it stands, and how to make another one; it is not repeated', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [policy()]));
    const file = join(gateway.directory, 'htpasswd');
    await writeFile(file, 'anna:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n');
    await writeFile(
      gateway.file,
      guardedTenant(origin, [
        'basic_auth: { users: [{ name: a, hash: "$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/" }] }',
        `basic_auth: { users_file: "${file}" }`,
        'basic_auth: { users: [{ name: a, hash: "password" }] }',
        'basic_auth: { users: [] }',
      ]),
    );
    const { errors, out } = await keystone(['check', '--config', gateway.file]);
    const said = errors + out;
    expect(said).toContain('apr1, which is too easy to guess; "htpasswd -nB NAME"');
    expect(said).toContain('no hash of bcrypt or argon2');
    expect(said).toContain('has neither users nor users_file');
    expect(said).not.toContain('HqJZimcKQFAMYayBlzkrA');
  });
});

describe('many wrong passwords at once', () => {
  test('are refused or told to come again, and other tenants hardly notice', async () => {
    using origin = new Origin('a');
    const hash = await Bun.password.hash('geheim', { algorithm: 'bcrypt', cost: 9 });
    const slow = `basic_auth: { users: [{ name: bert, hash: "${hash}" }], failures_per_minute: 600 }`;
    await using gateway = await GatewayProcess.start(
      `tenants:\n${oneGuarded('shop', 'path_prefix: "/shop/"', origin, [slow])}${oneGuarded('blog', 'path_prefix: "/blog/"', origin, [])}`.replace(
        /policies:\n$/,
        'policies: []\n',
      ),
    );
    const guesses = Array.from({ length: 100 }, (_, guess) =>
      fetch(`${gateway.url}/shop/`, { headers: { Authorization: basic('bert', `guess ${guess}`) } }),
    );
    const state = { isOver: false };
    const all = Promise.all(guesses).finally(() => {
      state.isOver = true;
    });
    let others = 0;
    while (!state.isOver) {
      expect((await fetch(`${gateway.url}/blog/`)).status).toBe(200);
      others++;
    }
    const statuses = (await all).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    // Two are verified at a time, and sixteen may wait.
    expect(statuses.filter((status) => status === 401).length).toBeGreaterThanOrEqual(18);
    expect(others).toBeGreaterThan(10);
  });
});
