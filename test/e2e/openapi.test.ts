// The description of the admin API: valid, served, complete, and true.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { AdminEndpoint } from '../../src/admin/contract.ts';
import { endpoints } from '../../src/admin/registry.ts';
import { scopeOf } from '../../src/admin/rights.ts';
import { GatewayProcess } from '../support/gateway-process.ts';

const TOKEN = 'a-token-of-the-tests';
const all: readonly AdminEndpoint[] = endpoints;

type Operation = { readonly operationId: string; readonly security: readonly Record<string, readonly string[]>[] };
type Served = { readonly openapi: string; readonly paths: Record<string, Record<string, Operation>> };

let gateway: GatewayProcess;
let served: Served;

beforeAll(async () => {
  gateway = await GatewayProcess.start(`admin_base_path: /admin\nadmin: { tokens: ["\${TOKEN}"] }\ntenants: []\n`, {
    TOKEN,
  });
  served = (await (await fetch(`${gateway.admin}/openapi.json`)).json()) as Served;
}, 30_000);

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
});

describe('GET /openapi.json', () => {
  test('is OpenAPI 3.1, as a validator has it', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(served));
    expect([valid, errors]).toEqual([true, undefined]);
    expect(validator.version).toBe('3.1');
  });

  test('is refused by that validator where something is missing', async () => {
    const { paths: _, ...rest } = structuredClone(served);
    expect((await new Validator().validate({ ...rest, info: {} })).valid).toBe(false);
  });

  test('has every endpoint once, with the scope that it needs', () => {
    const told = new Map(
      Object.entries(served.paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(
          ([method, { security }]) =>
            [`${method.toUpperCase()} ${path}`, security.map((way) => Object.values(way).flat().join())] as const,
        ),
      ),
    );
    const needed = all.map(
      (one) => [`${one.method} ${one.path}`, one.access === 'operator' ? [scopeOf(one), scopeOf(one)] : []] as const,
    );
    expect(told).toEqual(new Map(needed));
    const ids = Object.values(served.paths).flatMap((methods) => Object.values(methods).map((one) => one.operationId));
    expect(new Set(ids).size).toBe(all.length);
  });

  test('needs no token, and is not on the listeners of clients', async () => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    expect((await fetch(`${gateway.admin}/openapi.json`)).status).toBe(200);
    expect((await fetch(`${gateway.admin}/tenants`)).status).toBe(401);
    expect((await fetch(`${gateway.url}/admin/openapi.json`, { headers })).status).toBe(421);
  });

  test('refers to nothing that is not there', () => {
    const text = JSON.stringify(served);
    const parts = new Set(Array.from(text.matchAll(/"\$ref":"#\/([^"]+)"/g), ([, place = '']) => place));
    expect(parts.size).toBeGreaterThan(20);
    const found = (place: string): unknown =>
      place.split('/').reduce<unknown>((value, key) => Object(value)[key] as unknown, served);
    for (const place of parts) expect([place, typeof found(place)]).toEqual([place, 'object']);
  });
});
