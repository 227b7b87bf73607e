// The configuration by the admin API, as tests ask for it.
import { expect } from 'bun:test';
import type { GatewayProcess } from './gateway-process.ts';
import type { Origin } from './origin.ts';

export type Shown = {
  etag: string;
  version: number;
  read_only: string | null;
  strayed: string[];
  files: { file: string; text: string; parsed: unknown; read_only: string | null }[];
};
type Problem = { file: string; line: number; column: number; path: string; message: string; expected: string | null };
type Outcome = {
  kind: string;
  valid: boolean;
  error: string;
  etag: string;
  version: number;
  changes: string[];
  problems: Problem[];
  differences: { file: string; lines: string }[];
};

/** A tenant with a path of its own, as a line of a list. */
export const tenant = (name: string, { url }: Origin): string =>
  `  - { name: ${name}, path_prefix: /${name}/, services: [{ name: one, url: "${url}" }] }\n`;

export async function shownBy({ admin }: GatewayProcess, headers: Record<string, string> = {}): Promise<Shown> {
  const response = await fetch(`${admin}/config`, { headers });
  expect(response.status).toBe(200);
  const shown = (await response.json()) as Shown;
  expect(response.headers.get('etag')).toBe(shown.etag);
  return shown;
}

export async function check(
  { admin }: GatewayProcess,
  body: object,
  headers: Record<string, string> = {},
): Promise<Outcome> {
  const response = await fetch(`${admin}/config/check`, { method: 'POST', body: JSON.stringify(body), headers });
  return (await response.json()) as Outcome;
}

type Put = { readonly tag?: string; readonly query?: string; readonly headers?: Record<string, string> };

export async function put(
  { admin }: GatewayProcess,
  body: object,
  { tag, query = '', headers = {} }: Put = {},
): Promise<Outcome & { status: number }> {
  const response = await fetch(`${admin}/config${query}`, {
    method: 'PUT',
    body: JSON.stringify(body),
    headers: tag === undefined ? headers : { ...headers, 'if-match': tag },
  });
  return { ...((await response.json()) as Outcome), status: response.status };
}

export async function statusOf(gateway: GatewayProcess, path: string): Promise<number> {
  return (await fetch(gateway.url + path)).status;
}
