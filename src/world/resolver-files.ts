// The files that say how this machine resolves names: /etc/hosts, /etc/resolv.conf, /etc/nsswitch.conf. Each is read again
// when it has changed.
import { stat } from 'node:fs/promises';
import type { IpVersion } from '../discovery/contract.ts';

/** Names that are known without asking a server. */
export type Hosts = ReadonlyMap<string, Readonly<Record<IpVersion, readonly string[]>>>;

/** resolv.conf(5), as far as it says what a short name means. */
export type SearchRules = {
  readonly domains: readonly string[];
  /** A name with as many dots is asked for as it is before the domains are tried. */
  readonly dots: number;
};

export type ResolverFiles = {
  hosts(): Promise<Hosts>;
  search(): Promise<SearchRules>;
  /** The system knows names from sources that are neither a file nor DNS, such as mDNS (nsswitch.conf(5)). */
  hasOtherSources(): Promise<boolean>;
};

/** Reads a text. Rejects if it cannot be read. */
export type ReadText = (path: string) => Promise<string>;

/** The files of this machine. */
export function resolverFiles(read: ReadText): ResolverFiles {
  const hosts = new ParsedFile('/etc/hosts', read, parseHosts);
  const search = new ParsedFile('/etc/resolv.conf', read, parseSearch);
  const sources = new ParsedFile('/etc/nsswitch.conf', read, namesOtherSources);
  return {
    hosts: () => hosts.current(),
    search: () => search.current(),
    // Linux alone has this file; elsewhere only the system's own lookup knows what its settings mean.
    hasOtherSources: () => (process.platform === 'linux' ? sources.current() : Promise.resolve(true)),
  };
}

const ABSENT = 'absent';

/** A file as it is now, read and parsed once for each of its states. */
export class ParsedFile<Content> {
  private state = '';
  private content: Content | null = null;

  constructor(
    private readonly path: string,
    private readonly read: ReadText,
    private readonly parse: (text: string) => Content,
  ) {}

  async current(): Promise<Content> {
    const state = await stateOf(this.path);
    if (this.content !== null && state === this.state) return this.content;
    const text = state === ABSENT ? '' : await this.read(this.path).catch(() => null);
    // A file that cannot be read just now, for want of descriptors, say, is as it was; it is tried again the next time.
    if (text === null) return this.content ?? this.parse('');
    this.content = this.parse(text);
    this.state = state;
    return this.content;
  }
}

// Programs such as kubelet and docker replace these files or write into them: one of the three numbers changes with either.
async function stateOf(path: string): Promise<string> {
  try {
    const { ino, mtimeMs, size } = await stat(path);
    return `${ino} ${mtimeMs} ${size}`;
  } catch {
    return ABSENT;
  }
}

/** The names in a hosts file, in lower case. */
export function parseHosts(text: string): Hosts {
  const hosts = new Map<string, Record<IpVersion, string[]>>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    for (const name of names) add(hosts, name.toLowerCase(), address.toLowerCase());
  }
  return hosts;
}

function add(hosts: Map<string, Record<IpVersion, string[]>>, name: string, address: string): void {
  const known = hosts.get(name) ?? { 4: [], 6: [] };
  hosts.set(name, known);
  const list = known[address.includes(':') ? 6 : 4];
  if (!list.includes(address)) list.push(address);
}

// resolv.conf(5): at most 15.
const MOST_DOTS = 15;

/** The last line of `search` or `domain` counts. */
export function parseSearch(text: string): SearchRules {
  const lines = text.split('\n').map((line) => (line.split(/[#;]/)[0] ?? '').trim().split(/\s+/));
  const last = lines.findLast(([key]) => key === 'search' || key === 'domain');
  const options = lines.flatMap(([key, ...words]) => (key === 'options' ? words : []));
  const dots = Number(options.findLast((option) => option.startsWith('ndots:'))?.slice('ndots:'.length) ?? 1);
  return {
    domains: (last ?? [])
      .slice(1)
      .map((domain) => domain.replace(/^\.|\.$/g, '').toLowerCase())
      .filter(Boolean),
    dots: Number.isInteger(dots) ? Math.min(Math.max(0, dots), MOST_DOTS) : 1,
  };
}

/** What to ask for in turn. A dot at the end says that a spelling is complete. */
export function spellingsOf(name: string, { domains, dots }: SearchRules): readonly string[] {
  const searched = domains.map((domain) => `${name}.${domain}.`);
  return name.split('.').length - 1 >= dots ? [name, ...searched] : [...searched, name];
}

const OWN_SOURCES: ReadonlySet<string> = new Set(['files', 'dns']);

/** Whether a nsswitch.conf names sources of host names that the gateway cannot ask itself. */
export function namesOtherSources(text: string): boolean {
  const line = text.split('\n').find((one) => /^\s*hosts\s*:/.test(one)) ?? '';
  const words = (line.split('#')[0] ?? '')
    .replace(/^[^:]*:?/, '')
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .split(/\s+/);
  return words.some((word) => word !== '' && !OWN_SOURCES.has(word));
}
