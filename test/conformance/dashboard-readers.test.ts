// The pages of the dashboard read what the admin API answers, by the names and the kinds that its schemas have: a reader that asks for
// anything else would never find it, and show that it is not known.
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { z } from 'zod';
import { readCheck, readConfiguration, readDifferences, readHistory } from '../../dashboard/api/config-shapes.ts';
import { Fields } from '../../dashboard/api/fields.ts';
import { readRequest } from '../../dashboard/api/request-shapes.ts';
import { readOverview, readSeries, readSummaries } from '../../dashboard/api/shapes.ts';
import { readEvent, readReport, readTenant } from '../../dashboard/api/tenant-shapes.ts';
import { readTop } from '../../dashboard/api/top-shapes.ts';
import { readCertificate } from '../../dashboard/api/certificate-shapes.ts';
import * as backends from '../../src/admin/shapes/backend.ts';
import * as certificates from '../../src/admin/shapes/certificates.ts';
import * as configurations from '../../src/admin/shapes/configuration.ts';
import * as events from '../../src/admin/shapes/events.ts';
import * as tenants from '../../src/admin/shapes/tenant.ts';
import * as traffic from '../../src/admin/shapes/traffic.ts';

type Node = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
  readonly prefixItems?: readonly Node[];
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly $defs?: Readonly<Record<string, Node>>;
};

/** An answer that has all that a schema may have, each list with one item. */
function fullAnswer(schema: z.ZodType): unknown {
  const root: Node = JSON.parse(JSON.stringify(z.toJSONSchema(schema)));
  return sampleOf(root, root);
}

function sampleOf(node: Node, root: Node): unknown {
  if (node.$ref !== undefined) return sampleOf(root.$defs?.[node.$ref.replace('#/$defs/', '')] ?? {}, root);
  if (node.const !== undefined) return node.const;
  if (node.enum !== undefined) return node.enum[0];
  const [known] = [...(node.anyOf ?? []), ...(node.oneOf ?? [])].filter(({ type }) => type !== 'null');
  if (known !== undefined) return sampleOf(known, root);
  const kind = [node.type].flat().find((type) => type !== 'null');
  if (kind === 'object')
    return Object.fromEntries(Object.entries(node.properties ?? {}).map(([name, one]) => [name, sampleOf(one, root)]));
  if (kind === 'array') return node.items === undefined ? [] : [sampleOf(node.items, root)];
  if (kind === 'boolean') return true;
  if (kind === 'number' || kind === 'integer') return 1;
  return node.format === 'date-time' ? '2026-11-28T17:05:12.000Z' : 'text';
}

const READERS: readonly (readonly [what: string, schema: z.ZodType, read: (fields: Fields) => unknown])[] = [
  ['the overview', traffic.overviewAnswer, readOverview],
  ['the past', traffic.seriesAnswer, readSeries],
  ['tenants in a line', traffic.summariesAnswer, readSummaries],
  ['what is busiest', traffic.topAnswer, readTop],
  ['a request', traffic.endedRequest, readRequest],
  ['a tenant', tenants.tenantAnswer, readTenant],
  ['a backend', backends.backendReport, readReport],
  ['an event', events.gatewayEvent, readEvent],
  ['a certificate', certificates.certificatesAnswer, (fields) => fields.list('certificates', readCertificate)],
  ['the configuration', configurations.configAnswer, readConfiguration],
  ['what differs', configurations.configDifferenceAnswer, readDifferences],
  ['a check', configurations.checkAnswer, readCheck],
  ['a reload', configurations.reloadAnswer, readCheck],
  ['the history', configurations.historyAnswer, readHistory],
];

/** What each way of reading wants to find. */
const WANTED: Readonly<Record<string, (value: unknown) => boolean>> = {
  maybeText: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  shown: (value) => typeof value === 'string' || typeof value === 'number',
  flag: (value) => typeof value === 'boolean',
  inner: (value) => typeof value === 'object',
  list: (value) => Array.isArray(value),
  texts: (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
  numbers: (value) => Array.isArray(value) && value.every((one) => typeof one === 'number'),
};

const missed = new Set<string>();
const original = new Map<string, PropertyDescriptor>();

// Each way of reading says what it does not find.
beforeEach(() => {
  for (const [way, isFound] of Object.entries(WANTED)) {
    const descriptor = Object.getOwnPropertyDescriptor(Fields.prototype, way);
    if (descriptor === undefined) throw new Error(`there is no way of reading called ${way}`);
    original.set(way, descriptor);
    const real: unknown = descriptor.value;
    if (typeof real !== 'function') throw new Error(`${way} is no function`);
    Object.defineProperty(Fields.prototype, way, {
      ...descriptor,
      value(this: object, name: string, ...more: readonly unknown[]): unknown {
        const held: unknown = Reflect.get(this, 'value');
        const value: unknown = Reflect.get(Object(held), name);
        if (!isFound(value)) missed.add(`${name} as ${way}`);
        return Reflect.apply(real, this, [name, ...more]);
      },
    });
  }
});

afterEach(() => {
  for (const [way, descriptor] of original) Object.defineProperty(Fields.prototype, way, descriptor);
  missed.clear();
});

test.each(READERS)('%s is read as its schema has it', (_, schema, read) => {
  read(new Fields(fullAnswer(schema)));
  expect([...missed]).toEqual([]);
});

test('a reader that asks for something else is found out', () => {
  new Fields({ known: 'text' }).count('known');
  new Fields({ known: 'text' }).text('unknown');
  expect([...missed]).toEqual(['known as number', 'unknown as maybeText']);
});
