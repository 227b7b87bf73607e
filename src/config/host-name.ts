// Reads host names as people write them in a configuration, and explains what is wrong with them.
import { literalByValue } from '../core/host-literal.ts';
import { type Result, err, ok } from '../core/result.ts';

/** A text between quotes that word processors make of straight ones. To YAML they are a part of the text. */
export const TYPOGRAPHIC_QUOTES =
  /^[\u2018\u2019\u201A\u201C-\u201E\u00AB\u00BB].*[\u2018\u2019\u201C\u201D\u00AB\u00BB]$/;
export const IN_TYPOGRAPHIC_QUOTES = 'has typographic quotes, which are a part of the text; write straight ones (")';

const UNBRACED = '{value} has a "$": a variable is written "${NAME}"';

/** A host in its one spelling: lower-case, no trailing dot, IPv6 in brackets and shortest form. The error is a sentence
 * about the text, with `{value}` in its place. */
export function parseHostName(text: string): Result<string, string> {
  if (text.startsWith('[')) return parseLiteral(text);
  const misplaced = explainMisplaced(text);
  if (misplaced !== null) return err(misplaced);
  const name = text.toLowerCase().replace(/\.$/, '');
  if (name === '') return err('{value} is empty');
  if (name.length > 253) return err('{value} is longer than 253 characters');
  for (const label of name.split('.')) {
    const problem = explainLabel(label);
    if (problem !== null) return err(problem);
  }
  return looksNumeric(name) && !isDottedQuad(name) ? err('{value} is not a complete IPv4 address') : ok(name);
}

/** A host; or `*.` and a host, which is every name with exactly one label more; or a host and `.*`, which is every name that
 * begins like this, whatever its ending. */
export function parseDomain(text: string): Result<string, string> {
  if (text === '*') return err('{value} alone is every host: leave domains out and set path_prefix to match any host');
  if (!text.includes('*')) {
    const host = parseHostName(text);
    return host.ok ? ok(literalByValue(host.value) ?? host.value) : host;
  }
  if (text.endsWith('.*') && !text.slice(0, -1).includes('*')) return parseEnding(text);
  if (!text.startsWith('*.') || text.includes('*', 1))
    return err('{value} has a * elsewhere than as its whole first or last label');
  const rest = parseHostName(text.slice(2));
  if (!rest.ok) return rest;
  return isDottedQuad(rest.value) || rest.value.startsWith('[')
    ? err('{value} puts a * before an address')
    : ok(`*.${rest.value}`);
}

/** The host that a text most likely stands for: that of a URL, without a port or a path, in ASCII. Null: none. */
export function nearestDomain(text: string): string | null {
  if (TYPOGRAPHIC_QUOTES.test(text)) return parseDomain(text.slice(1, -1)).ok ? text.slice(1, -1) : null;
  const [, host = ''] =
    /^(?:[A-Za-z][A-Za-z0-9+.-]*:\/\/)?(\[[^\]]*\]|[^/:?#@\s]+)(?::\d*)?(?:[/?#].*)?$/.exec(text) ?? [];
  const wild = /^\*\./.exec(host)?.[0] ?? '';
  const ascii = /[^\x00-\x7F]/.test(host)
    ? `${wild}${URL.parse(`http://${host.slice(wild.length)}/`)?.hostname ?? ''}`
    : host;
  return ascii !== text && parseDomain(ascii).ok ? ascii : null;
}

// The first label may be a number only if another one is not: `10.*` is no beginning of an address.
function parseEnding(text: string): Result<string, string> {
  const beginning = parseHostName(text.slice(0, -2));
  if (!beginning.ok) return beginning;
  return isDottedQuad(beginning.value) || beginning.value.startsWith('[')
    ? err('{value} puts a * after an address')
    : ok(`${beginning.value}.*`);
}

/** Whether a host, without brackets, is an IP address. */
export function isAddress(host: string): boolean {
  return isDottedQuad(host) || (host.includes(':') && parseLiteral(`[${host}]`).ok);
}

/** A dotted quad that all programs read alike: no leading zeros, no missing parts. */
function isDottedQuad(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function parseLiteral(text: string): Result<string, string> {
  const inner = /^\[([0-9A-Fa-f:.]+)\]$/.exec(text)?.[1];
  if (inner === undefined) {
    return err(
      /\]:\d*$/.test(text)
        ? '{value} has a port, which does not belong here'
        : '{value} is not an IPv6 address in brackets',
    );
  }
  // The characters are valid; the URL parser checks the grammar of the address and gives its shortest form.
  const url = URL.parse(`http://[${inner}]/`);
  return url === null ? err('{value} is not a valid IPv6 address') : ok(url.hostname);
}

function explainMisplaced(text: string): string | null {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text)) return '{value} is a URL: give the host alone, without the scheme';
  if (/^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/.test(text))
    return '{value} looks like IPv6, which is written in brackets, such as [::1]';
  if (/:\d*$/.test(text)) return '{value} has a port, which does not belong here: requests match whatever their port';
  if (text.includes('/')) return '{value} has a path: give the host alone; a path goes into path_prefix';
  if (TYPOGRAPHIC_QUOTES.test(text)) return IN_TYPOGRAPHIC_QUOTES;
  if (/\$[A-Za-z_]/.test(text)) return UNBRACED;
  if (/[^\x00-\x7F]/.test(text))
    return '{value} has characters outside ASCII: write the name in its "xn--" form (Punycode), as clients send it';
  return null;
}

function explainLabel(label: string): string | null {
  if (label === '') return '{value} has an empty label';
  if (label.length > 63) return '{value} has a label longer than 63 characters';
  if (!/^[a-z0-9_-]+$/.test(label)) return '{value} has a character that no host name has';
  return label.startsWith('-') || label.endsWith('-') ? '{value} has a label that begins or ends with "-"' : null;
}

// "127.1" and "0x7f.1" are addresses to some programs and names to others.
function looksNumeric(name: string): boolean {
  return /(^|\.)(\d+|0x[0-9a-f]*)$/.test(name);
}
