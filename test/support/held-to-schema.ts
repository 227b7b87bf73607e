// Holds what a test asks of an admin API, and what it has it answer, against the schemas that the description of the API is made of.
import { z } from 'zod';
import type { AdminEndpoint } from '../../src/admin/contract.ts';
import { schemaOf } from '../../src/admin/described.ts';
import { matchPath } from '../../src/admin/match-path.ts';
import { endpoints } from '../../src/admin/registry.ts';

export type AskedAndTold = {
  readonly method: string;
  readonly url: URL;
  /** As JSON; null: it had none. */
  readonly body: unknown;
  readonly answer: unknown;
};

const all: readonly AdminEndpoint[] = endpoints;

/** What no gateway would be asked or would answer, in a line; null: it could all be so. */
export async function faultOf({ method, url, body, answer }: AskedAndTold): Promise<string | null> {
  const endpoint = all.find((one) => one.method === method && matchPath(one.path, url.pathname) !== null);
  if (endpoint === undefined) return `${method} ${url.pathname} is no endpoint`;
  const faults = [
    await faultIn('query', parametersOf(url), endpoint.parameters),
    await faultIn('body', body, endpoint.input),
    await faultIn('answer', answer, endpoint.output),
  ].filter((one) => one !== null);
  return faults.length === 0 ? null : `${method} ${url.pathname}: ${faults.join('; ')}`;
}

function parametersOf({ searchParams }: URL): unknown {
  if (searchParams.size === 0) return null;
  return Object.fromEntries(Array.from(searchParams, ([name, value]) => [name, valueOf(value)]));
}

// As the readers of parameters see them.
function valueOf(text: string): unknown {
  if (/^\d+$/.test(text)) return Number(text);
  return text === 'true' || text === 'false' ? text === 'true' : text;
}

type Schema = AdminEndpoint['input'] | AdminEndpoint['parameters'];

async function faultIn(what: string, value: unknown, described: Schema): Promise<string | null> {
  if (described === undefined) return value === null ? null : `a ${what} where there is none`;
  if (value === null && what === 'query') return null;
  const schema: z.ZodType = await schemaOf(described);
  const read = schema.safeParse(value);
  if (!read.success) return `${what}: ${z.prettifyError(read.error).replaceAll('\n', ' ')}`;
  // What the schema does not know, it leaves out.
  return Bun.deepEquals(read.data, value) ? null : `${what}: it has members that the schema does not know`;
}
