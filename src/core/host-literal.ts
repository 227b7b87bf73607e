// Addresses in the place of host names. One address can be written in many ways, which all mean the same host.
import { parseAddress } from './cidr.ts';

// RFC 4291 2.5.5.2: an IPv4 address follows these.
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] as const;

/** The one spelling of an IPv6 address in brackets (RFC 5952): shortest, in lower case, and as IPv4 where it is only a
 * wrapper of that. Null: it is none. The runtime's URL parser is not asked: it refuses `[2001:db8:0:0::0.0.0.1]`. */
export function literalByValue(literal: string): string | null {
  const inner = /^\[([0-9A-Fa-f:.]+)\]$/.exec(literal)?.[1];
  const bytes = inner?.includes(':') === true ? parseAddress(inner) : null;
  if (bytes === null) return null;
  if (MAPPED.every((byte, at) => bytes[at] === byte)) return bytes.subarray(MAPPED.length).join('.');
  const groups = Array.from({ length: 8 }, (_, at) => (bytes[2 * at] << 8) | bytes[2 * at + 1]);
  return `[${shortest(groups)}]`;
}

// RFC 5952 4.2: `::` stands for the longest run of zeros, the first of several, and never for a single one.
function shortest(groups: readonly number[]): string {
  let run = { start: 0, length: 1 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > run.length) run = { start, length };
  }
  if (run.length === 1) return text(groups);
  return `${text(groups.slice(0, run.start))}::${text(groups.slice(run.start + run.length))}`;
}

function text(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':');
}
