// Which tenants `keystone status` shows, and in which order.
import { describe, expect, test } from 'bun:test';
import { tenantsAnswer } from '../../src/cli/admin-answers.ts';
import { fitted } from '../../src/cli/status.ts';
import { span } from '../../src/cli/paint.ts';
import { type Selection, nothingLeft, select, summary } from '../../src/cli/status/select.ts';

function tenant(name: string, states: readonly string[], requests = 0) {
  const serving = states.filter((state) => state === 'healthy').length;
  const status = serving === 0 ? 'unhealthy' : serving === states.length ? 'healthy' : 'degraded';
  const backends = states.map((state, at) => ({
    name: `b${at}`,
    url: 'http://127.0.0.1:1',
    state,
    health: 'healthy',
    eligible: state === 'healthy',
    reason: null,
    since: null,
    evidence: null,
    admission: 'open',
    drain_deadline: null,
    weight: 1,
    backup: false,
    in_flight: 0,
    tunnels: 0,
    streams: 0,
    idle_connections: 0,
    requests,
    failures: 0,
  }));
  const counts = { healthy: serving, total: states.length, waiting: 0 };
  return {
    name,
    domains: [`${name}.example.com`],
    path_prefix: null,
    path_prefixes: [],
    paths: [],
    listeners: [],
    status,
    ...counts,
    backends,
    names: [],
  };
}

const many = Array.from({ length: 37 }, (_, at) => tenant(`site${at}`, ['healthy'], at));
const all = [
  ...many,
  tenant('half', ['healthy', 'unhealthy']),
  tenant('gone', ['unhealthy']),
  tenant('last', ['healthy']),
];
const { tenants } = tenantsAnswer.parse({ tenants: all, leaving: [] });
const EVERYTHING: Selection = { order: 'state', only: null, name: null };
const namesOf = (selection: Partial<Selection>): readonly string[] =>
  select(tenants, { ...EVERYTHING, ...selection }).map(({ name }) => name);

describe('of forty tenants', () => {
  test('the broken ones come first, the others as in the configuration', () => {
    expect(namesOf({}).slice(0, 4)).toEqual(['gone', 'half', 'site0', 'site1']);
    expect(namesOf({ order: 'file' })[0]).toBe('site0');
    expect(namesOf({ order: 'requests' })[0]).toBe('site36');
    expect(namesOf({ order: 'name' }).slice(0, 3)).toEqual(['gone', 'half', 'last']);
  });

  test('only those are shown that are asked for', () => {
    expect(namesOf({ only: 'unhealthy' })).toEqual(['gone', 'half']);
    expect(select(tenants, { ...EVERYTHING, only: 'unhealthy' })[1]?.backends.map(({ name }) => name)).toEqual(['b1']);
    expect(namesOf({ only: 'down' })).toEqual(['gone']);
    expect(namesOf({ name: 'SITE36.example' })).toEqual(['site36']);
  });

  test('all are counted, and those that are not shown', () => {
    const shown = select(tenants, { ...EVERYTHING, only: 'unhealthy' });
    expect(summary(tenants, shown)).toBe('40 tenants: 1 unhealthy, 1 degraded, 38 healthy; 38 not shown');
    expect(summary(tenants, tenants)).toBe('40 tenants: 1 unhealthy, 1 degraded, 38 healthy');
    expect(summary(tenants.slice(0, 1), tenants.slice(0, 1))).toBeNull();
  });

  test.each([
    [{ name: 'zzz' }, 'there is no tenant with "zzz" in its name or a host'],
    [{ name: 'site', only: 'unhealthy' }, 'no tenant with "site" in its name or a host is unhealthy or degraded'],
    [{ name: 'half', only: 'down' }, 'no tenant with "half" in its name or a host is without a backend that serves'],
    [{ name: 'half' }, null],
  ] as const)('it is said where nothing is left: %p', (part, said) => {
    const selection = { ...EVERYTHING, ...part };
    expect(nothingLeft(tenants, select(tenants, selection), selection)).toBe(said);
    expect(nothingLeft([], [], selection)).toBeNull();
  });

  test('it is said how many lines do not fit', () => {
    const lines = Array.from({ length: 30 }, () => [span('x')]);
    expect(fitted(lines, 30)).toHaveLength(30);
    expect(fitted(lines, 10)).toHaveLength(10);
    expect(fitted(lines, 10).at(-1)?.[0]?.text).toStartWith('… 21 more lines do not fit');
  });
});
