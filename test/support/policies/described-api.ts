// Requests that are checked by a description of an API.
import type { Verdict } from '../../../src/policies/contract.ts';
import { readDescription } from '../../../src/policies/openapi/description.ts';
import { openapi } from '../../../src/policies/openapi/openapi.ts';
import { requestHead } from '../heads.ts';
import { RequestOfPolicy } from '../policy-request.ts';
import { linesOf } from './alone.ts';
import { policyTools } from './tools.ts';

const ENCODER = new TextEncoder();

/** A request whose body is there. */
class Asked extends RequestOfPolicy {
  constructor(
    line: string,
    fields: readonly string[],
    private readonly sent: Uint8Array | null,
  ) {
    const length = sent === null ? [] : [`Content-Length: ${sent.length}`];
    super(requestHead([`${line} HTTP/1.1`, 'Host: x', ...fields, ...length, '', ''].join('\r\n')));
  }

  override readBody(limit: number) {
    const bytes = this.sent ?? new Uint8Array(0);
    return Promise.resolve(
      bytes.length > limit ? ({ kind: 'too_large' } as const) : ({ kind: 'whole', bytes } as const),
    );
  }
}

type Described = { readonly paths: object; readonly components?: object; readonly servers?: readonly object[] };

export function described(api: Described, version = '3.1.0'): string {
  return JSON.stringify({ openapi: version, info: { title: 'a', version: '1' }, ...api });
}

export function policyFor(api: Described, options: object = {}, version?: string) {
  const read = readDescription(described(api, version));
  if (!read.ok) throw new Error(read.error);
  const tools = policyTools();
  const parsed = openapi.options.parse({ file: 'api.yaml', ...options });
  const policy = openapi.create({ ...parsed, file: { path: 'api.yaml', text: read.value } }, tools);
  return { policy, tools };
}

type Sent = { readonly fields?: readonly string[]; readonly body?: string | Uint8Array; readonly json?: unknown };

/** What is said of a request: `passed`, or the code and what is wrong. */
export async function ask(
  { policy }: ReturnType<typeof policyFor>,
  line: string,
  { fields = [], body, json }: Sent = {},
): Promise<string> {
  const text = json === undefined ? body : JSON.stringify(json);
  const typed = json === undefined ? fields : ['Content-Type: application/json', ...fields];
  const bytes = typeof text === 'string' ? ENCODER.encode(text) : (text ?? null);
  const request = new Asked(line, typed, bytes);
  const verdict: Verdict = (await policy.request?.(request)) ?? { kind: 'continue' };
  if (verdict.kind !== 'refuse') return 'passed';
  const { code, errors = [] } = verdict.failure;
  const allow = linesOf(request.responseEdits);
  return [code, ...errors.map(({ pointer, message }) => `${pointer} ${message}`), ...allow].join('; ');
}

export function parameter(name: string, place: string, schema: object, more: object = {}): object {
  return { name, in: place, schema, ...more };
}

export function getWith(parameters: readonly object[], path = '/a'): Described {
  return { paths: { [path]: { get: { parameters, responses: {} } } } };
}

export function postWith(schema: object, components: object = {}): Described {
  const requestBody = { required: true, content: { 'application/json': { schema } } };
  return { paths: { '/a': { post: { requestBody, responses: {} } } }, components: { schemas: components } };
}
