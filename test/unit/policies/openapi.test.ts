import { describe, expect, test } from 'bun:test';
import { readJson } from '../../../src/policies/openapi/json-text.ts';
import { PathTree } from '../../../src/policies/openapi/path-tree.ts';
import { ask, getWith, parameter, policyFor, postWith } from '../../support/policies/described-api.ts';

describe('paths and methods', () => {
  const api = policyFor({
    servers: [{ url: 'https://api.example.com/v1/' }],
    paths: {
      '/users/{id}': { get: { parameters: [parameter('id', 'path', { type: 'integer' }, { required: true })] } },
      '/users/me': { get: {}, delete: {} },
      '/files/{name}.json': { get: {} },
    },
  });

  test('are found whatever their order, a literal before a parameter', async () => {
    expect(await ask(api, 'GET /v1/users/7')).toBe('passed');
    expect(await ask(api, 'GET /v1/users/me')).toBe('passed');
    expect(await ask(api, 'GET /v1/users/x7')).toBe('request-invalid; /path/id must be integer');
    expect(await ask(api, 'GET /v1/files/a.json')).toBe('passed');
    expect(await ask(api, 'HEAD /v1/users/me')).toBe('passed');
  });

  test('that are unknown are 404, or 405 with the methods that there are', async () => {
    expect(await ask(api, 'GET /users/me')).toBe('no-route');
    expect(await ask(api, 'GET /v1/users/7/more')).toBe('no-route');
    expect(await ask(api, 'GET /v1/files/.json')).toBe('no-route');
    expect(await ask(api, 'PUT /v1/users/me')).toBe('method-refused; Allow: GET, DELETE, HEAD');
    const open = policyFor(getWith([]), { unknown_path: 'pass' });
    expect([await ask(open, 'GET /b'), await ask(open, 'PUT /a')]).toEqual(['passed', 'passed']);
    const based = policyFor(getWith([]), { base_path: '/api' });
    expect([await ask(based, 'GET /api/a'), await ask(based, 'GET /a')]).toEqual(['passed', 'no-route']);
  });

  test('with one parameter in a segment are told apart', () => {
    const tree = new PathTree<string>();
    expect(tree.add('/a/{x}/c', 'x').ok).toBeTrue();
    expect(tree.add('/a/b/{y}', 'y').ok).toBeTrue();
    expect(tree.add('/a/{z}-{w}', 'z').ok).toBeFalse();
    expect(tree.find('/a/b/c')?.value).toBe('y');
    expect(tree.find('/a/q%20r/c')).toEqual({ value: 'x', parameters: { x: 'q r' } });
  });
});

describe('parameters', () => {
  test('are numbers and truth values as texts', async () => {
    const api = policyFor(
      getWith([parameter('n', 'query', { type: 'integer', maximum: 9 }), parameter('b', 'query', { type: 'boolean' })]),
    );
    expect(await ask(api, 'GET /a?n=7&b=true')).toBe('passed');
    expect(await ask(api, 'GET /a?n=70&b=1')).toBe('request-invalid; /query/n must be <= 9; /query/b must be boolean');
    for (const wrong of ['', '+7', '0x7', '07', '%207', '7%00', '1e400'])
      expect(await ask(api, `GET /a?n=${wrong}`)).toStartWith('request-invalid; /query/n');
    expect(await ask(api, 'GET /a?n=1&n=2')).toBe('request-invalid; /query/n is given more than once');
    expect(await ask(api, 'GET /a?n=%zz')).toBe('request-invalid; /query/n is not percent-encoded as it should be');
  });

  test('are lists and maps in each of their styles', async () => {
    const list = { type: 'array', items: { type: 'integer' }, maxItems: 2 };
    const map = { type: 'object', properties: { x: { type: 'integer' } }, additionalProperties: false };
    const api = policyFor(
      getWith([
        parameter('e', 'query', list),
        parameter('c', 'query', list, { explode: false }),
        parameter('p', 'query', list, { style: 'pipeDelimited', explode: false }),
        parameter('s', 'query', list, { style: 'spaceDelimited', explode: false }),
        parameter('d', 'query', map, { style: 'deepObject', explode: true }),
        parameter('m', 'query', map),
        parameter('j', 'query', {}, { schema: undefined, content: { 'application/json': { schema: map } } }),
      ]),
    );
    const good = ['e=1&e=2', 'c=1,2', 'p=1|2', 's=1%202', 's=1+2', 'd[x]=1', 'x=1', 'j=%7B%22x%22:1%7D'];
    for (const query of good) expect([query, await ask(api, `GET /a?${query}`)]).toEqual([query, 'passed']);
    const bad = ['e=1&e=2&e=3', 'e=x', 'c=1,x', 'c=1,2,3', 'p=1|x', 's=1%20x', 'd[x]=y', 'd[y]=1', 'x=y', 'j=%7B'];
    for (const query of bad)
      expect([query, await ask(api, `GET /a?${query}`)]).toEqual([query, expect.stringContaining('request-invalid')]);
  });

  test('stand in fields and cookies, and must be there where they are required', async () => {
    const one = { type: 'string', minLength: 2 };
    const required = { required: true };
    const api = policyFor(
      getWith([
        parameter('X-A', 'header', one, required),
        parameter('sid', 'cookie', one, required),
        parameter('q', 'query', one, required),
        parameter('Authorization', 'header', one, required),
      ]),
    );
    expect(await ask(api, 'GET /a?q=ab', { fields: ['x-a: ab', 'Cookie: z=1; sid=abc'] })).toBe('passed');
    expect(await ask(api, 'GET /a')).toBe(
      'request-invalid; /header/X-A is missing; /cookie/sid is missing; /query/q is missing',
    );
    const partly = policyFor(getWith([parameter('X-A', 'header', one, required)]), { validate: { headers: false } });
    expect(await ask(partly, 'GET /a')).toBe('passed');
  });

  test('that are not described pass, or not', async () => {
    const parameters = [parameter('n', 'query', { type: 'integer' })];
    expect(await ask(policyFor(getWith(parameters)), 'GET /a?m=1')).toBe('passed');
    const strict = policyFor(getWith(parameters), { unknown_query: 'refuse' });
    expect(await ask(strict, 'GET /a?n=1')).toBe('passed');
    expect(await ask(strict, 'GET /a?n=1&m=1')).toBe('request-invalid; /query has a parameter that is not described');
  });

  test('of a path hold for all of its methods, unless one says otherwise', async () => {
    const paths = {
      '/a': {
        parameters: [parameter('n', 'query', { type: 'integer' })],
        get: { parameters: [parameter('n', 'query', { type: 'boolean' })] },
        delete: {},
      },
    };
    const api = policyFor({ paths });
    expect([await ask(api, 'GET /a?n=true'), await ask(api, 'DELETE /a?n=1')]).toEqual(['passed', 'passed']);
    expect(await ask(api, 'DELETE /a?n=true')).toBe('request-invalid; /query/n must be integer');
  });
});

describe('bodies', () => {
  const user = {
    type: 'object',
    required: ['name'],
    properties: { name: { type: 'string', maxLength: 5 }, id: { type: 'integer', readOnly: true } },
    additionalProperties: false,
  };
  const api = policyFor(
    postWith({ $ref: '#/components/schemas/User' }, { User: { ...user, required: ['name', 'id'] } }),
  );

  test('are checked by their schema, and what the server alone sets need not be there', async () => {
    expect(await ask(api, 'POST /a', { json: { name: 'anna' } })).toBe('passed');
    expect(await ask(api, 'POST /a', { json: { name: 'annamaria' } })).toBe(
      'request-invalid; /body/name must NOT have more than 5 characters',
    );
    expect(await ask(api, 'POST /a', { json: { name: 'a', more: 1 } })).toBe(
      'request-invalid; /body must NOT have additional properties',
    );
    expect(await ask(api, 'POST /a')).toBe('request-invalid; /body is missing');
  });

  test('have the type that is described, in UTF-8 and without a coding', async () => {
    const body = '{"name":"a"}';
    const typed = (...fields: readonly string[]) => ask(api, 'POST /a', { body, fields });
    expect(await typed('Content-Type: application/json; charset=UTF-8')).toBe('passed');
    expect(await typed('Content-Type: Application/JSON')).toBe('passed');
    const unsupported = 'request-type-unsupported';
    expect(await typed('Content-Type: application/json; charset=utf-16')).toBe(unsupported);
    expect(await typed('Content-Type: application/json', 'Content-Encoding: gzip')).toBe(unsupported);
    expect(await typed('Content-Type: text/plain')).toBe(unsupported);
    expect(await typed()).toBe(unsupported);
    expect(await typed('Content-Type: application/merge-patch+json')).toBe(unsupported);
    const content = { 'application/*': { schema: user }, 'image/png': {} };
    const any = policyFor({ paths: { '/a': { post: { requestBody: { content } } } } });
    const patch = ['Content-Type: application/merge-patch+json'];
    expect(await ask(any, 'POST /a', { body: '{"name":1}', fields: patch })).toContain('/body/name must be string');
    expect(await ask(any, 'POST /a', { body: 'no png', fields: ['Content-Type: image/png'] })).toBe('passed');
  });

  test('of forms are checked like maps of texts', async () => {
    const schema = {
      type: 'object',
      properties: { n: { type: 'integer' }, l: { type: 'array', items: { type: 'integer' } } },
      required: ['n'],
    };
    const requestBody = { content: { 'application/x-www-form-urlencoded': { schema } } };
    const forms = policyFor({ paths: { '/a': { post: { requestBody } } } });
    const fields = ['Content-Type: application/x-www-form-urlencoded'];
    expect(await ask(forms, 'POST /a', { body: 'n=1&l=1', fields })).toBe('passed');
    expect(await ask(forms, 'POST /a', { body: 'n=1&l=1&l=x', fields })).toContain('/body/l/1 must be integer');
    expect(await ask(forms, 'POST /a', { body: 'l=1', fields })).toContain("/body must have required property 'n'");
    expect(await ask(forms, 'POST /a', { body: 'n=%zz', fields })).toContain('not percent-encoded');
  });

  test('are JSON that everybody reads in the same way', async () => {
    const send = (body: string | Uint8Array) =>
      ask(api, 'POST /a', { body, fields: ['Content-Type: application/json'] });
    expect(await send('{"name":"a","name":"b"}')).toContain('/body has an object with the same key twice');
    expect(await send(String.raw`{"name":"a","n\u0061me":"b"}`)).toContain(
      '/body has an object with the same key twice',
    );
    expect(await send(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)).toContain('/body is nested deeper than 64');
    expect(await send('{"name":')).toContain('/body is not JSON');
    expect(await send(Uint8Array.of(0x22, 0xff, 0x22))).toContain('/body is not UTF-8');
    expect(await send('{"__proto__":{"name":"a"}}')).toContain("/body must have required property 'name'");
    expect(await send('{"constructor":"a"}')).toContain("/body must have required property 'name'");
    const inherited = policyFor(postWith({ type: 'object', required: ['toString'] }));
    expect(await ask(inherited, 'POST /a', { json: {} })).toContain('must have required property');
  });

  test('up to the limit, and not one byte more', async () => {
    const small = policyFor(postWith({ type: 'string' }), { body_max: '1MiB' });
    const exact = `"${'x'.repeat(1024 * 1024 - 2)}"`;
    const fields = ['Content-Type: application/json'];
    expect(await ask(small, 'POST /a', { body: exact, fields })).toBe('passed');
    expect(await ask(small, 'POST /a', { body: `${exact} `, fields })).toBe('request-body-too-large');
  });

  test('may be null as each version says so', async () => {
    const old = policyFor(postWith({ type: 'string', nullable: true, minLength: 2 }), {}, '3.0.3');
    const current = policyFor(postWith({ type: ['string', 'null'], minLength: 2 }));
    for (const one of [old, current]) {
      expect(await ask(one, 'POST /a', { json: null })).toBe('passed');
      expect(await ask(one, 'POST /a', { json: 'ab' })).toBe('passed');
      expect(await ask(one, 'POST /a', { json: 'a' })).toStartWith('request-invalid');
    }
    const bounds = { type: 'number', minimum: 1, exclusiveMinimum: true, maximum: 3 };
    const between = policyFor(postWith(bounds), {}, '3.0.3');
    const verdicts = await Promise.all([1, 1.5, 3, 4].map((json) => ask(between, 'POST /a', { json })));
    expect(verdicts.map((verdict) => verdict === 'passed')).toEqual([false, true, true, false]);
    const reference = policyFor(
      postWith({ $ref: '#/components/schemas/A', maxLength: 1 }, { A: { type: 'string' } }),
      {},
      '3.0.3',
    );
    expect(await ask(reference, 'POST /a', { json: 'abc' })).toBe('passed'); // what stands beside it counts from 3.1 on
  });

  test('may refer to themselves', async () => {
    const node = {
      type: 'object',
      properties: { next: { $ref: '#/components/schemas/Node' }, n: { type: 'integer' } },
    };
    const nodes = policyFor(postWith({ $ref: '#/components/schemas/Node' }, { Node: node }));
    expect(await ask(nodes, 'POST /a', { json: { next: { next: { n: 1 } } } })).toBe('passed');
    expect(await ask(nodes, 'POST /a', { json: { next: { next: { n: 'x' } } } })).toContain(
      '/body/next/next/n must be integer',
    );
  });
});

test('keys are found in any JSON', () => {
  const read = (text: string) => readJson(new TextEncoder().encode(text));
  expect(read('[{"a":1},{"a":2},{"b":"a"},"a:",{"a" : {"a":"\\""}}]').ok).toBeTrue();
  expect(read('{"a":{"b":1,"b":2}}').ok).toBeFalse();
  expect(read('{"a":1} {"b":2}').ok).toBeFalse();
});
