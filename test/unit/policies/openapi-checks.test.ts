import { describe, expect, test } from 'bun:test';
import { stringify } from 'yaml';
import { millis } from '../../../src/core/units.ts';
import { Budget } from '../../../src/policies/openapi/budget.ts';
import { Checker } from '../../../src/policies/openapi/checker.ts';
import { readDescription } from '../../../src/policies/openapi/description.ts';
import { openapi } from '../../../src/policies/openapi/openapi.ts';
import { Translation } from '../../../src/policies/openapi/translation.ts';
import { ask, described, getWith, parameter, policyFor, postWith } from '../../support/policies/described-api.ts';
import { policyTools } from '../../support/policies/tools.ts';

describe('a check', () => {
  const now = () => millis(performance.now());

  /** Milliseconds that a body takes, and what is said of it. */
  async function timeOf(schema: object, json: unknown, components: object = {}) {
    const read = readDescription(described(postWith(schema, components)));
    if (!read.ok) throw new Error(read.error);
    const parsed = openapi.options.parse({ file: 'api.yaml', body_max: '16MiB' });
    const tools = { ...policyTools(), now };
    const policy = openapi.create({ ...parsed, file: { path: '', text: read.value } }, tools);
    await ask({ policy, tools: policyTools() }, 'POST /a', { json: 1 });
    const began = performance.now();
    const said = await ask({ policy, tools: policyTools() }, 'POST /a', { json });
    return { said, time: performance.now() - began };
  }

  test('ends where a schema that refers to itself in two ways would have it go on without an end', async () => {
    const node = {
      anyOf: [
        { type: 'object', properties: { a: { $ref: '#/components/schemas/Node' } } },
        { type: 'object', properties: { a: { $ref: '#/components/schemas/Node' } } },
      ],
    };
    let deep: object = { a: 'no object' };
    for (let n = 0; n < 60; n++) deep = { a: deep };
    const { said, time } = await timeOf({ $ref: '#/components/schemas/Node' }, deep, { Node: node });
    expect(said).toContain('takes too long to check');
    expect(time).toBeLessThan(2000);
  });

  test('takes no time that grows with the square of a list, nor with the steps of an expression', async () => {
    const items = Array.from({ length: 100_000 }, (_, n) => ({ n }));
    const unique = await timeOf({ type: 'array', uniqueItems: true }, items);
    expect(unique.time).toBeLessThan(3000);
    const twice = await timeOf({ type: 'array', uniqueItems: true }, [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ]);
    expect(twice.said).toContain('must NOT have duplicate items');
    const pattern = await timeOf({ type: 'string', pattern: '^(a+)+$' }, `${'a'.repeat(5000)}!`);
    expect(pattern.said).toContain('must match pattern');
    expect(pattern.time).toBeLessThan(2000);
  });

  test.each([
    ['email', `${'a.'.repeat(50_000)}@`],
    ['url', `http://${':'.repeat(100_000)}`],
    ['uri', `a:${'%20'.repeat(50_000)}\u0000`],
    ['date-time', '1'.repeat(100_000)],
    ['hostname', 'a-'.repeat(50_000)],
  ])('by the format %s is short for texts that are made for it', async (format, text) => {
    const { said, time } = await timeOf({ type: 'array', items: { type: 'string', format } }, [
      text,
      text.slice(0, 2000),
    ]);
    expect(said).toContain('must match format');
    expect(time).toBeLessThan(2000);
  });

  test('knows formats of numbers and texts, and passes those that it does not know', async () => {
    const checker = new Checker(
      new Translation({ root: {}, is30: false }, 'request', () => undefined),
      new Budget(now, millis(1000)),
    );
    const isWell = (format: string, value: unknown) => checker.compile({ format })(value) === null;
    expect([isWell('int32', 2 ** 31), isWell('int32', 7), isWell('int64', 1.5)]).toEqual([false, true, false]);
    expect([isWell('date', '2026-02-30'), isWell('date', '2026-02-28')]).toEqual([false, true]);
    expect([isWell('uuid', 'x'), isWell('email', 'a@example.com'), isWell('of-us', 'x')]).toEqual([false, true, true]);
  });

  test('only tells of it where it is to report, once in a while for each operation', async () => {
    const api = policyFor(postWith({ type: 'integer' }), { mode: 'report', body_max: '1KiB' });
    expect(await ask(api, 'POST /a', { json: 'x' })).toBe('passed');
    expect(await ask(api, 'POST /a', { json: 'x'.repeat(2000) })).toBe('passed');
    expect(await ask(api, 'GET /b')).toBe('passed');
    expect(api.tools.reported).toHaveLength(2);
    await api.tools.clock.advance(11_000);
    await ask(api, 'POST /a', { json: 'x' });
    expect(api.tools.reported).toHaveLength(3);
  });

  test('shows nothing of what was sent', async () => {
    const schema = { type: 'object', properties: { card: { type: 'integer', enum: [1] } } };
    const api = policyFor(postWith(schema));
    expect(await ask(api, 'POST /a', { json: { card: 'secret-4711' } })).not.toContain('secret');
  });
});

describe('a description', () => {
  const why = (text: string): string => {
    const read = readDescription(text);
    return read.ok ? 'fine' : read.error;
  };

  test('is YAML or JSON of OpenAPI 3.0 or 3.1', () => {
    expect(why(stringify(JSON.parse(described({ paths: {} }))))).toBe('fine');
    expect(why('swagger: "2.0"\npaths: {}')).toContain('Swagger 2.0');
    expect(why('openapi: 4.0.0\npaths: {}')).toContain('has no version');
    expect(why('openapi: 3.1.0')).toContain('has no paths');
    expect(why('a: [')).toContain('neither YAML nor JSON');
    expect(why('- 1')).toContain('no map');
  });

  test('is refused where a reference leads out of it or nowhere, or a schema is none', () => {
    expect(why(described(postWith({ $ref: 'https://example.com/a.json' })))).toBe(
      'POST /a: the reference https://example.com/a.json leads out of the file',
    );
    expect(why(described(postWith({ $ref: '#/components/schemas/No' })))).toContain('leads nowhere');
    expect(why(described(postWith({ type: 'text' })))).toContain('POST /a: a schema is not valid');
    expect(why(described(postWith({ $dynamicRef: '#a' })))).toContain('$dynamicRef');
    expect(why(described(getWith([parameter('a', 'path', {}, { style: 'matrix' })], '/{a}')))).toContain(
      'style matrix',
    );
    expect(why(described({ paths: { '/{a}-{b}': { get: {} } } }))).toContain('several parameters');
  });

  test('may have patterns that are not checked, which the log says', async () => {
    const schema = { type: 'string', pattern: '^(?=.*[A-Z]).*$' };
    const api = policyFor(postWith(schema));
    expect(await ask(api, 'POST /a', { json: 'abc' })).toBe('passed');
    expect(api.tools.reported).toEqual(['a pattern of the description is not checked: RE2 does not know it']);
    const unicode = policyFor(postWith({ type: 'string', pattern: String.raw`^[\u00e4-\u00fc]+$` }));
    expect(await ask(unicode, 'POST /a', { json: 'ä' })).toBe('passed');
    expect(await ask(unicode, 'POST /a', { json: 'a' })).toContain('must match pattern');
  });
});
