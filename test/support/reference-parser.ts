// A reference parser for HTTP/1.1 that follows the grammar (RFC 9112), on latin1 strings with one character for each byte:
// slow and obvious. It shares no code with the gateway's parser, and is as strict as the gateway promises to be.

export type Field = { readonly name: string; readonly value: string };

export type Parsed<Message> =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'invalid'; readonly reason: string }
  | { readonly kind: 'message'; readonly message: Message; readonly rest: string };

export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until_close' };

export type Body = {
  readonly body: string;
  readonly trailers: readonly Field[];
  readonly extensions: readonly string[];
};

export type RequestHead = {
  readonly method: string;
  readonly target: string;
  readonly minor: number;
  readonly fields: readonly Field[];
  readonly framing: BodyFraming;
};

export type ResponseHead = {
  readonly status: number;
  readonly reason: string;
  readonly minor: number;
  readonly fields: readonly Field[];
  readonly framing: BodyFraming;
};

export type RequestMessage = RequestHead & Body;
export type ResponseMessage = ResponseHead & Body;

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const REQUEST_LINE = new RegExp(`^(${TOKEN}) ([\\x21-\\x7e]+) HTTP/1\\.([01])$`);
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9][0-9][0-9])(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
const FIELD_LINE = new RegExp(`^(${TOKEN}):([\\t\\x20-\\x7e\\x80-\\xff]*)$`);
const QUOTED = '"(?:[\\t\\x20\\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"';
const EXTENSION = `[ \\t]*;[ \\t]*${TOKEN}(?:[ \\t]*=[ \\t]*(?:${TOKEN}|${QUOTED}))?`;
const CHUNK_LINE = new RegExp(`^([0-9A-Fa-f]+)((?:${EXTENSION})*)$`);
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+)(?::[0-9]*)?$/;
const ABSOLUTE_TARGET = /^[A-Za-z][A-Za-z0-9+\-.]*:\/\/([^/?#]*)([/?][^#]*)?$/;

/** A request at the start of `text`: head, body and trailers. */
export function parseRequest(text: string): Parsed<RequestMessage> {
  return withBody(parseRequestHead(text), false);
}

/** The response to a request with this method at the start of `text`; `ended`: no byte will follow. */
export function parseResponse(text: string, method: string, ended: boolean): Parsed<ResponseMessage> {
  return withBody(parseResponseHead(text, method), ended);
}

/** The request line and the fields. */
export function parseRequestHead(text: string): Parsed<RequestHead> {
  const block = headBlock(text);
  if (block.kind !== 'message') return block;
  const [startLine, ...lines] = block.message;
  const parts = REQUEST_LINE.exec(startLine);
  if (parts === null) return invalid(`request line ${JSON.stringify(startLine)}`);
  const [, method, target, minorDigit] = parts;
  const minor = Number(minorDigit);
  const fields = parseFields(lines);
  if (typeof fields === 'string') return invalid(fields);
  const problem = targetProblem(method, target) ?? hostProblem(fields, minor) ?? connectionProblem(fields);
  if (problem !== null) return invalid(problem);
  const framing = requestFraming(fields, minor);
  if (typeof framing === 'string') return invalid(framing);
  return { kind: 'message', message: { method, target, minor, fields, framing }, rest: block.rest };
}

/** The status line and the fields. */
export function parseResponseHead(text: string, method: string): Parsed<ResponseHead> {
  const block = headBlock(text);
  if (block.kind !== 'message') return block;
  const [startLine, ...lines] = block.message;
  const parts = STATUS_LINE.exec(startLine);
  if (parts === null) return invalid(`status line ${JSON.stringify(startLine)}`);
  const minor = Number(parts[1]);
  const status = Number(parts[2]);
  const reason = parts[3] ?? '';
  const fields = parseFields(lines);
  if (typeof fields === 'string') return invalid(fields);
  const problem = connectionProblem(fields);
  if (problem !== null) return invalid(problem);
  const framing = responseFraming(fields, { minor, status, method });
  if (typeof framing === 'string') return invalid(framing);
  return { kind: 'message', message: { status, reason, minor, fields, framing }, rest: block.rest };
}

/** A chunked body at the start of `text` (RFC 9112 7.1). */
export function parseChunked(text: string): Parsed<Body> {
  const extensions: string[] = [];
  let body = '';
  let rest = text;
  for (;;) {
    const line = nextLine(rest);
    if (line.kind !== 'message') return line;
    const parts = CHUNK_LINE.exec(line.message);
    if (parts === null) return invalid(`chunk line ${JSON.stringify(line.message)}`);
    const size = Number.parseInt(parts[1], 16);
    if (!Number.isSafeInteger(size)) return invalid(`chunk size ${parts[1]}`);
    if (parts[2] !== '') extensions.push(parts[2]);
    rest = line.rest;
    if (size === 0) return parseTrailers(rest, body, extensions);
    const end = rest.slice(size, size + 2);
    if (!'\r\n'.startsWith(end)) return invalid('a chunk does not end with CRLF');
    if (end.length < 2) return { kind: 'incomplete' };
    body += rest.slice(0, size);
    rest = rest.slice(size + 2);
  }
}

/** The values of a field, in order. */
export function valuesOf(fields: readonly Field[], name: string): string[] {
  return fields.filter((field) => field.name.toLowerCase() === name.toLowerCase()).map((field) => field.value);
}

/** RFC 9110 7.6.1: Connection is a list of tokens. */
function connectionProblem(fields: readonly Field[]): string | null {
  const odd = listOf(fields, 'connection').find((option) => !/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(option));
  return odd === undefined ? null : `connection option ${JSON.stringify(odd)}`;
}

/** The members of a list field, lower-cased (RFC 9110 5.6.1). */
export function listOf(fields: readonly Field[], name: string): string[] {
  const members = valuesOf(fields, name).flatMap((value) => value.split(','));
  return members.map((member) => trim(member).toLowerCase()).filter((member) => member !== '');
}

function parseTrailers(text: string, body: string, extensions: readonly string[]): Parsed<Body> {
  const lines: string[] = [];
  let rest = text;
  for (;;) {
    const line = nextLine(rest);
    if (line.kind !== 'message') return line;
    rest = line.rest;
    if (line.message === '') break;
    lines.push(line.message);
  }
  const trailers = parseFields(lines);
  if (typeof trailers === 'string') return invalid(`trailer: ${trailers}`);
  return { kind: 'message', message: { body, trailers, extensions }, rest };
}

function withBody<Head extends { readonly framing: BodyFraming }>(
  parsed: Parsed<Head>,
  ended: boolean,
): Parsed<Head & Body> {
  if (parsed.kind !== 'message') return parsed;
  const { message: head, rest } = parsed;
  const body = readBody(head.framing, rest, ended);
  if (body.kind !== 'message') return body;
  return { kind: 'message', message: { ...head, ...body.message }, rest: body.rest };
}

function readBody(framing: BodyFraming, text: string, ended: boolean): Parsed<Body> {
  switch (framing.kind) {
    case 'none':
      return plainBody('', text);
    case 'length':
      if (text.length < framing.length) return { kind: 'incomplete' };
      return plainBody(text.slice(0, framing.length), text.slice(framing.length));
    case 'chunked':
      return parseChunked(text);
    case 'until_close':
      return ended ? plainBody(text, '') : { kind: 'incomplete' };
  }
}

function plainBody(body: string, rest: string): Parsed<Body> {
  return { kind: 'message', message: { body, trailers: [], extensions: [] }, rest };
}

// The lines up to the empty line. A block that can no longer become valid is refused at once, before it is complete.
function headBlock(text: string): Parsed<string[]> {
  const lines: string[] = [];
  let rest = text;
  for (;;) {
    const line = nextLine(rest);
    if (line.kind !== 'message') return line;
    rest = line.rest;
    if (line.message === '') {
      if (lines.length === 0) return invalid('an empty line instead of a start line');
      return { kind: 'message', message: lines, rest };
    }
    lines.push(line.message);
  }
}

function nextLine(text: string): Parsed<string> {
  const end = text.search(/[\r\n]/);
  const line = end < 0 ? text : text.slice(0, end);
  if (/[\x00-\x08\x0b-\x1f\x7f]/.test(line)) return invalid('a control character in a line');
  if (end < 0 || text.length === end + 1) return text[end] === '\n' ? invalid('a bare LF') : { kind: 'incomplete' };
  if (text[end] === '\n') return invalid('a bare LF');
  if (text[end + 1] !== '\n') return invalid('a bare CR');
  return { kind: 'message', message: line, rest: text.slice(end + 2) };
}

function parseFields(lines: readonly string[]): Field[] | string {
  const fields: Field[] = [];
  for (const line of lines) {
    const parts = FIELD_LINE.exec(line);
    if (parts === null) return `field line ${JSON.stringify(line)}`;
    fields.push({ name: parts[1], value: trim(parts[2]) });
  }
  return fields;
}

function requestFraming(fields: readonly Field[], minor: number): BodyFraming | string {
  return declaredFraming(fields, minor) ?? { kind: 'none' };
}

function responseFraming(
  fields: readonly Field[],
  about: { readonly minor: number; readonly status: number; readonly method: string },
): BodyFraming | string {
  const declared = declaredFraming(fields, about.minor);
  if (typeof declared === 'string') return declared;
  const { status, method } = about;
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return { kind: 'none' };
  return declared ?? { kind: 'until_close' };
}

// RFC 9112 6.1 to 6.3, read strictly: at most one framing, written in its plain form.
function declaredFraming(fields: readonly Field[], minor: number): BodyFraming | string | null {
  const codings = valuesOf(fields, 'transfer-encoding');
  const lengths = valuesOf(fields, 'content-length');
  if (codings.length > 0 && lengths.length > 0) return 'Content-Length with Transfer-Encoding';
  if (codings.length > 1 || lengths.length > 1) return 'a framing field more than once';
  if (codings.length === 1) {
    if (minor === 0) return 'Transfer-Encoding in HTTP/1.0';
    return codings[0].toLowerCase() === 'chunked' ? { kind: 'chunked' } : `Transfer-Encoding ${codings[0]}`;
  }
  if (lengths.length === 0) return null;
  const length = Number(lengths[0]);
  if (!/^[0-9]+$/.test(lengths[0]) || !Number.isSafeInteger(length)) return `Content-Length ${lengths[0]}`;
  return length === 0 ? { kind: 'none' } : { kind: 'length', length };
}

// RFC 9112 3.2: HTTP/1.1 needs a Host, even with an absolute-form target; HTTP/1.0 does not know the field.
function hostProblem(fields: readonly Field[], minor: number): string | null {
  const hosts = valuesOf(fields, 'host');
  if (hosts.length > 1) return 'Host more than once';
  if (hosts.length === 0) return minor === 0 ? null : 'no Host';
  return HOST.test(hosts[0]) ? null : `Host ${JSON.stringify(hosts[0])}`;
}

// RFC 9112 3.2: origin-form, absolute-form, authority-form (CONNECT alone), asterisk-form (OPTIONS alone).
function targetProblem(method: string, target: string): string | null {
  if (target.includes('#')) return 'a fragment in the target';
  if (method === 'CONNECT') return /^[^/?@]+:[0-9]+$/.test(target) ? null : `CONNECT target ${target}`;
  if (target === '*') return method === 'OPTIONS' ? null : `target * with ${method}`;
  if (target.startsWith('/')) return null;
  const parts = ABSOLUTE_TARGET.exec(target);
  if (parts === null || !/^https?:/i.test(target)) return `target ${target}`;
  return HOST.test(parts[1]) ? null : `authority ${JSON.stringify(parts[1])}`;
}

function trim(value: string): string {
  return value.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '');
}

function invalid(reason: string): { readonly kind: 'invalid'; readonly reason: string } {
  return { kind: 'invalid', reason };
}
