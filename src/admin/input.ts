// Bodies of requests to the admin API.
import type { z } from 'zod';
import type { Bytes } from '../core/units.ts';
import type { LocalBody } from '../message/local-handler.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { Described } from './contract.ts';
import { schemaOf } from './described.ts';
import { json } from './json.ts';

export type Input = { readonly value: unknown } | { readonly refusal: LocalResponse };

/** The body as its endpoint wants it, or why it cannot be. */
export async function inputOf(schema: Described<z.ZodType>, body: LocalBody, limit: Bytes): Promise<Input> {
  const bytes = await body.read(limit);
  if (bytes === null)
    return { refusal: json(413, { error: `the body is longer than ${limit} bytes, which admin.max_body allows` }) };
  const value = parsed(bytes);
  if (value === undefined) return { refusal: json(400, { error: 'the body is not JSON' }) };
  const read = (await schemaOf(schema)).safeParse(value);
  if (read.success) return { value: read.data };
  const [issue] = read.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? 'the body' : issue.path.map(String).join('.');
  return { refusal: json(400, { error: `${place}: ${issue?.message ?? 'is not valid'}` }) };
}

// Undefined: it is none.
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
