// GET /openapi.json: what this API can be asked, for programs that make clients and pages of it.
import { z } from 'zod';
import type { AdminEndpoint } from './contract.ts';
import { jsonBytes } from './json.ts';

export const openApiDocument = {
  path: '/openapi.json',
  method: 'GET',
  summary:
    'This API in OpenAPI 3.1. It tells nothing of the gateway, and is served without a token to whoever reaches the address of the admin API.',
  access: 'reachable',
  tenants: 'everybody',
  output: () => z.looseObject({ openapi: z.string(), info: z.looseObject({ title: z.string(), version: z.string() }) }),
  answer: async (_, sources) => jsonBytes(200, await sources.description()),
} as const satisfies AdminEndpoint;
