// What a request must have besides its path for a route to match. Compiled once; asked by bytes, without anything being made.
import { COLON, DOT, HEX, LOWER, PERCENT, QUESTION, SP, ascii, equalsExactly } from '../message/bytes.ts';
import { isNamed } from '../message/field-value.ts';
import { type Head, isMethod } from '../message/head.ts';
import type { NamedValues, RouteMatch } from './match.ts';

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const PLUS = 0x2b;

type Field = { readonly name: string; readonly values: readonly Uint8Array[] | null };
type Parameter = { readonly name: Uint8Array; readonly values: readonly Uint8Array[] | null };
/** `label`: exactly one label stands before the text; `ending`: any ending stands after it. */
type Host = { readonly kind: 'exact' | 'label' | 'ending'; readonly text: string };

/** The conditions of one route. */
export class Conditions {
  private readonly methods: readonly Uint8Array[];
  private readonly hosts: readonly Host[];
  private readonly fields: readonly Field[];
  private readonly parameters: readonly Parameter[];

  constructor({ methods, hosts, headers, query }: RouteMatch) {
    this.methods = methods.map(ascii);
    this.hosts = hosts.map(hostOf);
    this.fields = headers.map(({ name, values }) => ({ name, values: bytesOf(values) }));
    this.parameters = query.map(({ name, values }) => ({ name: ascii(name), values: bytesOf(values) }));
  }

  /** True: the request has all that they ask for. */
  hold(head: Head): boolean {
    if (this.methods.length > 0 && !isOneOf(this.methods, head)) return false;
    if (this.hosts.length > 0 && !isAtOneOf(this.hosts, head)) return false;
    for (const field of this.fields) if (!hasField(head, field)) return false;
    for (const parameter of this.parameters) if (!hasParameter(head, parameter)) return false;
    return true;
  }
}

function bytesOf(values: NamedValues['values']): readonly Uint8Array[] | null {
  return values === null ? null : values.map(ascii);
}

function isOneOf(methods: readonly Uint8Array[], { bytes, start, methodEnd }: Head): boolean {
  for (const method of methods) if (isMethod(bytes, start, methodEnd, method)) return true;
  return false;
}

function hostOf(host: string): Host {
  if (host.startsWith('*.')) return { kind: 'label', text: host.slice(1) };
  if (host.endsWith('.*')) return { kind: 'ending', text: host.slice(0, -1) };
  return { kind: 'exact', text: host };
}

function isAtOneOf(hosts: readonly Host[], head: Head): boolean {
  const { bytes, hostStart, hostNameEnd } = head;
  // A final dot stands for the DNS root and changes nothing (RFC 1034 3.1).
  const end = hostNameEnd > hostStart && bytes[hostNameEnd - 1] === DOT ? hostNameEnd - 1 : hostNameEnd;
  for (const host of hosts) if (isAt(host, bytes, hostStart, end)) return true;
  return false;
}

function isAt({ kind, text }: Host, bytes: Uint8Array, start: number, end: number): boolean {
  const { length } = text;
  if (kind === 'exact') return end - start === length && equalsText(bytes, start, text);
  if (kind === 'ending') return end - start > length && equalsText(bytes, start, text);
  const dot = end - length;
  if (dot <= start || !equalsText(bytes, dot, text)) return false;
  for (let i = start; i < dot; i++) if (bytes[i] === DOT || bytes[i] === COLON) return false;
  return true;
}

// The caller has compared the lengths.
function equalsText(bytes: Uint8Array, start: number, lowered: string): boolean {
  for (let i = 0; i < lowered.length; i++) if (LOWER[bytes[start + i]] !== lowered.charCodeAt(i)) return false;
  return true;
}

function hasField(head: Head, { name, values }: Field): boolean {
  for (let f = 0; f < head.count; f++) {
    if (!isNamed(head, f, name)) continue;
    if (values === null || isValue(values, head.bytes, head.fields[f * 4 + 2], head.fields[f * 4 + 3])) return true;
  }
  return false;
}

function isValue(values: readonly Uint8Array[], bytes: Uint8Array, start: number, end: number): boolean {
  for (const value of values) if (value.length === end - start && equalsExactly(bytes, start, value)) return true;
  return false;
}

// Parameters are compared as programs read them: `%76` is `v`, and a plus sign is a space.
function hasParameter({ bytes, pathEnd, targetEnd }: Head, wanted: Parameter): boolean {
  if (pathEnd === targetEnd || bytes[pathEnd] !== QUESTION) return false;
  for (let at = pathEnd + 1; at <= targetEnd; ) {
    let end = at;
    let equals = -1;
    for (; end < targetEnd && bytes[end] !== AMPERSAND; end++) if (equals < 0 && bytes[end] === EQUALS) equals = end;
    if (isWanted(wanted, bytes, at, equals < 0 ? end : equals, end)) return true;
    at = end + 1;
  }
  return false;
}

// The name lies in [start, nameEnd), the value after the sign that follows it, if there is one.
function isWanted(
  { name, values }: Parameter,
  bytes: Uint8Array,
  start: number,
  nameEnd: number,
  end: number,
): boolean {
  if (!equalsDecoded(bytes, start, nameEnd, name)) return false;
  if (values === null) return true;
  const from = nameEnd === end ? end : nameEnd + 1;
  for (const value of values) if (equalsDecoded(bytes, from, end, value)) return true;
  return false;
}

function equalsDecoded(bytes: Uint8Array, start: number, end: number, wanted: Uint8Array): boolean {
  const { length } = wanted;
  let at = start;
  for (let i = 0; i < length; i++) {
    if (at >= end) return false;
    const isEscape = bytes[at] === PERCENT && at + 2 < end && HEX[bytes[at + 1]] > 0 && HEX[bytes[at + 2]] > 0;
    if (isEscape) {
      if (((HEX[bytes[at + 1]] - 1) << 4) + HEX[bytes[at + 2]] - 1 !== wanted[i]) return false;
      at += 3;
    } else {
      const byte = bytes[at] === PLUS ? SP : bytes[at];
      if (byte !== wanted[i]) return false;
      at++;
    }
  }
  return at === end;
}
