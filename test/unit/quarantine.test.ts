// Broken tenants keep their last good version, and nobody else has to wait for them.
import { describe, expect, test } from 'bun:test';
import { rmSync } from 'node:fs';
import { formatProblem } from '../../src/config/problems.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { readPlan } from '../../src/cli/read-plan.ts';
import { readPlanAgain } from '../../src/cli/read-aside.ts';
import { realWorld } from '../../src/world.ts';
import { ConfigFolder, tenantFile } from '../support/config-folder.ts';

const KEEP = 'on_invalid_tenant: keep_last_good\n';
const INCLUDE = `${KEEP}include: ["t/*.yaml"]\n`;

type Seen = { readonly tenants: readonly string[]; readonly quarantined: readonly string[] };

/** A configuration that is read again and again, each time against what was put in force before. */
class Reading {
  inForce: Plan | null = null;

  constructor(private readonly folder: ConfigFolder) {}

  /** `host` of each tenant says which version it is. */
  async next(): Promise<Seen | readonly string[]> {
    const file = this.folder.at('keystone.yaml');
    const rest = () => Promise.resolve();
    const { plan, problems } =
      this.inForce === null
        ? await readPlan(file, realWorld())
        : await readPlanAgain({ file, from: null }, this.inForce, rest);
    const shown = (text: string) => text.replaceAll(`${this.folder.path}/`, '');
    if (plan === null) return problems.map((one) => shown(formatProblem(one)));
    this.inForce = plan;
    return {
      tenants: plan.tenants.map(({ name, domains }) => `${name} ${domains.join(' ')}`),
      quarantined: plan.gateway.quarantined.map((one) =>
        shown(`${one.tenant ?? '?'} of ${one.file} ${one.serves}: ${one.problems.map(formatProblem).join('; ')}`),
      ),
    };
  }
}

const tenant = (name: string, host: string, more = '') =>
  `  - { name: ${name}, domains: [${host}], services: []${more} }\n`;

describe('a tenant that is broken', () => {
  test('keeps its last good version at its place, while the others go live', async () => {
    using folder = new ConfigFolder({ 'keystone.yaml': `${KEEP}tenants:\n${tenant('a', 'a1')}${tenant('b', 'b1')}` });
    const reading = new Reading(folder);
    expect(await reading.next()).toEqual({ tenants: ['a a1', 'b b1'], quarantined: [] });
    folder.write({
      'keystone.yaml': `${KEEP}tenants:\n${tenant('new', 'n1')}${tenant('a', 'a2', ', wight: 1')}${tenant('b', 'b2')}`,
    });
    const broken = {
      tenants: ['new n1', 'a a1', 'b b2'],
      quarantined: [
        expect.stringMatching(/^a of keystone\.yaml last_good: keystone\.yaml:4:\d+ tenants\[1\]\.wight: unknown key/),
      ],
    };
    expect(await reading.next()).toEqual(broken);
    // What is kept is kept again.
    expect(await reading.next()).toEqual(broken);
    folder.write({ 'keystone.yaml': `${KEEP}tenants:\n${tenant('a', 'a3')}` });
    expect(await reading.next()).toEqual({ tenants: ['a a3'], quarantined: [] });
  });

  test('is left out where no version of it is known', async () => {
    using folder = new ConfigFolder({ 'keystone.yaml': `${KEEP}tenants:\n${tenant('a', 'a1')}${tenant('b', '"?"')}` });
    expect(await new Reading(folder).next()).toEqual({
      tenants: ['a a1'],
      quarantined: [expect.stringMatching(/^b of keystone\.yaml nothing: keystone\.yaml:4:/)],
    });
  });

  test('has the whole refused where nobody has chosen otherwise', async () => {
    using folder = new ConfigFolder({
      'keystone.yaml': `tenants:\n${tenant('a', 'a1')}${tenant('b', 'b1', ', x: 1')}`,
    });
    expect(await new Reading(folder).next()).toEqual([expect.stringContaining('tenants[1].x: unknown key')]);
  });

  test('does not save what is broken elsewhere', async () => {
    using folder = new ConfigFolder({
      'keystone.yaml': `${KEEP}limits: { header_count: x }\ntenants:\n${tenant('a', 'a1', ', x: 1')}`,
    });
    expect(await new Reading(folder).next()).toEqual([
      expect.stringContaining('limits.header_count'),
      expect.stringContaining('tenants[0].x'),
    ]);
  });

  test('may have lost its name: those that are missing from its file are kept', async () => {
    using folder = new ConfigFolder({
      'keystone.yaml': INCLUDE,
      't/a.yaml': `tenants:\n${tenant('a', 'a1')}${tenant('b', 'b1')}`,
      't/c.yaml': `tenants:\n${tenant('c', 'c1')}`,
    });
    const reading = new Reading(folder);
    await reading.next();
    folder.write({ 't/a.yaml': `tenants:\n${tenant('a', 'a2')}  - { nmae: b, domains: [b2], services: [] }\n` });
    rmSync(folder.at('t/c.yaml'));
    expect(await reading.next()).toEqual({
      tenants: ['a a2', 'b b1'],
      quarantined: [expect.stringMatching(/^b of t\/a\.yaml last_good: t\/a\.yaml:3:/)],
    });
  });

  test('keeps its version also where a file that it names is missing', async () => {
    const text = (file: string) =>
      `${KEEP}tenants:\n${tenant('a', 'a1').replace('[] }', `[{ name: a, url: "https://a", ${file} }] }`)}${tenant('b', 'b1')}`;
    using folder = new ConfigFolder({ 'keystone.yaml': text('weight: 1') });
    const reading = new Reading(folder);
    await reading.next();
    folder.write({ 'keystone.yaml': text('tls: { ca_file: /nowhere.pem }') });
    expect(await reading.next()).toEqual({
      tenants: ['a a1', 'b b1'],
      quarantined: [expect.stringContaining('"/nowhere.pem" does not exist')],
    });
  });
});

describe('an included file that is broken', () => {
  test.each([
    ['no YAML', 'tenants: ['],
    ['empty', ''],
    ['something else', `listeners: []\ntenants:\n${tenant('b', 'b2')}`],
  ])('keeps its tenants where it is %s', async (_, text) => {
    using folder = new ConfigFolder({
      'keystone.yaml': INCLUDE,
      't/a.yaml': tenantFile('a'),
      't/b.yaml': `tenants:\n${tenant('b', 'b1')}${tenant('bb', 'bb1')}`,
      't/c.yaml': tenantFile('c'),
    });
    const reading = new Reading(folder);
    await reading.next();
    folder.write({ 't/b.yaml': text });
    expect(await reading.next()).toEqual({
      tenants: ['a a.test', 'b b1', 'bb bb1', 'c c.test'],
      quarantined: [
        expect.stringMatching(/^b of t\/b\.yaml last_good: t\/b\.yaml/),
        expect.stringMatching(/^bb of t\/b\.yaml last_good: t\/b\.yaml/),
      ],
    });
  });

  test('keeps its tenants where it is named and has vanished, and loses them where a glob does not find it', async () => {
    using folder = new ConfigFolder({
      'keystone.yaml': `${KEEP}include: [a.yaml, "b*.yaml"]\n`,
      'a.yaml': tenantFile('a'),
      'b.yaml': tenantFile('b'),
    });
    const reading = new Reading(folder);
    await reading.next();
    rmSync(folder.at('a.yaml'));
    rmSync(folder.at('b.yaml'));
    expect(await reading.next()).toEqual({
      tenants: ['a a.test'],
      quarantined: ['a of a.yaml last_good: keystone.yaml:2:11 include[0]: "a.yaml" does not exist'],
    });
  });
});

describe('of two tenants that claim the same', () => {
  const files = (a: string, b: string) => ({
    'keystone.yaml': INCLUDE,
    't/a.yaml': `tenants:\n${tenant('a', a)}`,
    't/b.yaml': `tenants:\n${tenant('b', b)}`,
  });

  test('the one that has changed is to blame, wherever it stands', async () => {
    using folder = new ConfigFolder(files('a1', 'b1'));
    const reading = new Reading(folder);
    await reading.next();
    folder.write(files('b1', 'b1'));
    expect(await reading.next()).toEqual({
      tenants: ['a a1', 'b b1'],
      quarantined: [
        'a of t/a.yaml last_good: t/a.yaml:2:26 tenants[0].domains[0]: the host "b1" belongs to another tenant already (line 2 of t/b.yaml)',
      ],
    });
    folder.write(files('a1', 'a1'));
    expect(await reading.next()).toEqual({
      tenants: ['a a1', 'b b1'],
      quarantined: [expect.stringMatching(/^b of t\/b\.yaml last_good: t\/b\.yaml:2:/)],
    });
  });

  test('the later one is to blame where both are new', async () => {
    using folder = new ConfigFolder(files('x', 'x'));
    expect(await new Reading(folder).next()).toEqual({
      tenants: ['a x'],
      quarantined: [expect.stringMatching(/^b of t\/b\.yaml nothing:/)],
    });
  });

  test('the one that takes what a kept version has is to blame', async () => {
    using folder = new ConfigFolder(files('a1', 'b1'));
    const reading = new Reading(folder);
    await reading.next();
    folder.write({ ...files('a2', 'a1'), 't/a.yaml': 'tenants: [' });
    expect(await reading.next()).toEqual({
      tenants: ['a a1', 'b b1'],
      quarantined: [
        expect.stringMatching(/^a of t\/a\.yaml last_good:/),
        'b of t/b.yaml last_good: t/b.yaml:2:26 tenants[0].domains[0]: the host "a1" belongs to another tenant already (the last good version of a)',
      ],
    });
  });

  test('a name that two have is served as it was', async () => {
    using folder = new ConfigFolder(files('a1', 'b1'));
    const reading = new Reading(folder);
    await reading.next();
    folder.write({ 't/0.yaml': `tenants:\n${tenant('b', 'b9')}` });
    expect(await reading.next()).toEqual({
      tenants: ['a a1', 'b b1'],
      quarantined: [
        expect.stringMatching(/^b of t\/0\.yaml nothing: t\/0\.yaml:2:\d+ tenants\[0\]\.name: the name "b" is taken/),
      ],
    });
  });
});
