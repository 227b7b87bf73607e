// Reads the files of certificates. What has not changed is not read again, and one that cannot be used, or is worse than the
// one before it, takes no place.
import { lackOf } from '../config/named-pairs.ts';
import { globsIn, pairsIn } from '../config/certificate-folder.ts';
import type { ConfigFiles } from '../config/files.ts';
import { type SeenFile, type SeenFiles, type SeenGlob, matchesOf } from '../config/seen-files.ts';
import { type ReadPair, type TlsFiles, describeTlsFindings, readTlsFiles } from '../config/tls-files.ts';
import { type CertificateFacts, validityOf, validityProblem } from '../core/certificate.ts';
import { isForAnyOf, plainName } from '../core/certificate-names.ts';
import type { CertificateProblem, HeldCertificate, WantedCertificates } from './contract.ts';

export type FilesOutside = Pick<ConfigFiles, 'readFile' | 'findFiles'> & {
  /** What the system says of a file; see world/look-at-files.ts. */
  readonly stampOf: (path: string) => Promise<string>;
  readonly wall: () => number;
};

/** What came of a pair of files. */
type Known = {
  /** Of both files, when they were read; empty: nobody can tell whether they change. */
  readonly stamps: string;
  readonly held: HeldCertificate | null;
  /** Why clients may refuse the one that is held, but for its time; null: for no reason. */
  readonly doubt: string | null;
  /** Why what is in the files is not in force; null: it is. */
  readonly problem: string | null;
  readonly pair: Pair;
};

type Pair = { readonly files: TlsFiles; readonly wanted: WantedCertificates };

export type ReadCertificates = {
  readonly held: readonly HeldCertificate[];
  readonly problems: readonly CertificateProblem[];
  /** What is wrong with the first that nothing is served without; null: nothing. */
  readonly obstacle: string | null;
  readonly seen: SeenFiles;
  readonly known: ReadonlyMap<string, Known>;
};

const AT_ONCE = 16;

export class CertificateFiles {
  private known: ReadonlyMap<string, Known> = new Map();
  private latest = 0;

  constructor(private readonly outside: FilesOutside) {}

  /** A number for a certificate from elsewhere. */
  number(): number {
    return ++this.latest;
  }

  /** Reads what has changed. Nothing is kept of it until `keep`. `again`: also what had a problem, since time may have mended
   * it. */
  async read(wanted: readonly WantedCertificates[], again = false): Promise<ReadCertificates> {
    const reading = new Reading();
    const pairs: Pair[] = [];
    for (const one of wanted) pairs.push(...(await this.pairsOf(one, reading)));
    for (let at = 0; at < pairs.length; at += AT_ONCE) {
      const group = pairs.slice(at, at + AT_ONCE);
      const all = await Promise.all(group.map((pair) => this.readOne(pair, again)));
      for (const [n, { stamps, known }] of all.entries()) {
        const pair = group[n];
        if (pair !== undefined) reading.add(pair, stamps, known);
      }
    }
    return reading;
  }

  /** What was read is in force. */
  keep({ known }: ReadCertificates): void {
    this.known = known;
  }

  private async pairsOf(wanted: WantedCertificates, reading: Reading): Promise<readonly Pair[]> {
    const { from } = wanted;
    if (from.kind === 'pair') return [{ files: from.files, wanted }];
    for (const glob of globsIn(from.folder)) reading.globs.push({ glob, matches: await this.matchesOf(glob) });
    const content = await pairsIn(from.folder, this.outside);
    const before = this.pairsOfFolder(from.folder);
    if (!content.ok) {
      reading.problems.push({ file: from.folder, tenant: null, reason: content.error, keepsOld: before.length > 0 });
      return before;
    }
    const { pairs, alone } = content.value;
    // One half of it may be about to be replaced.
    const halves = before.filter(({ files }) => alone.includes(files.certFile) || alone.includes(files.keyFile));
    const known = new Set(halves.flatMap(({ files }) => [files.certFile, files.keyFile]));
    for (const file of alone) if (!known.has(file)) reading.problems.push(lonely(file));
    return [...pairs.map((files) => ({ files, wanted })), ...halves];
  }

  private pairsOfFolder(folder: string): readonly Pair[] {
    return Array.from(this.known.values(), ({ pair }) => pair).filter(
      ({ wanted: { from } }) => from.kind === 'folder' && from.folder === folder,
    );
  }

  private async matchesOf(glob: string): Promise<string> {
    return this.outside.findFiles(glob, MOST_MATCHES).then(
      ({ files }) => matchesOf(files),
      () => '',
    );
  }

  private async readOne(
    pair: Pair,
    again: boolean,
  ): Promise<{ readonly stamps: readonly SeenFile[]; readonly known: Known }> {
    const { files } = pair;
    const paths = [...new Set([files.certFile, files.keyFile])];
    const stamps = await Promise.all(paths.map(async (path) => ({ path, stamp: await this.outside.stampOf(path) })));
    const text = textOf(stamps);
    const before = this.known.get(keyOf(pair)) ?? { ...NOTHING, pair };
    const isSettled = text !== '' && before.stamps === text;
    if (isSettled && !(again && before.problem !== null)) return { stamps, known: before };
    return { stamps, known: await this.judge(pair, text, before) };
  }

  private async judge(pair: Pair, stamps: string, before: Known): Promise<Known> {
    const { files, wanted } = pair;
    const { held } = before;
    const read = await readTlsFiles(files, this.outside.readFile);
    if (!read.ok) return { ...before, stamps, problem: describeTlsFindings(files, read.error) };
    const { certificate } = read.value;
    const doubt = doubtOf(read.value, wanted);
    if (held !== null && held.cert === certificate.cert && held.key === certificate.key)
      return { stamps, held, doubt, problem: null, pair };
    const worse = doubt ?? this.lateness(certificate.facts);
    if (held !== null && worse !== null && this.isSound(held, before)) return { ...before, stamps, problem: worse };
    const next: HeldCertificate = { ...certificate, id: this.number(), owner: wanted.owner, source: 'file' };
    return { stamps, held: next, doubt, problem: null, pair };
  }

  // Null: it is valid.
  private lateness(facts: CertificateFacts): string | null {
    const wall = this.outside.wall();
    return isValid(validityOf(facts, wall)) ? null : validityProblem(facts, wall);
  }

  private isSound({ facts }: HeldCertificate, { doubt }: Known): boolean {
    return doubt === null && this.lateness(facts) === null;
  }
}

const NOTHING: Omit<Known, 'pair'> = { stamps: '', held: null, doubt: null, problem: null };
const MOST_MATCHES = 40_000;

class Reading implements ReadCertificates {
  readonly held: HeldCertificate[] = [];
  readonly problems: CertificateProblem[] = [];
  readonly known = new Map<string, Known>();
  readonly globs: SeenGlob[] = [];
  obstacle: string | null = null;
  private readonly files: SeenFile[] = [];

  get seen(): SeenFiles {
    return { files: this.files, globs: this.globs };
  }

  add(pair: Pair, stamps: readonly SeenFile[], known: Known): void {
    this.files.push(...stamps);
    this.known.set(keyOf(pair), known);
    const { held, problem, doubt } = known;
    if (held !== null) this.held.push(held);
    const [file, tenant] = [pair.files.certFile, tenantOf(pair)];
    if (problem !== null) {
      const end = held === null ? '' : '; the one before stays';
      this.problems.push({ file, tenant, reason: `${problem}${end}`, keepsOld: held !== null });
    } else if (doubt !== null) this.problems.push({ file, tenant, reason: doubt, keepsOld: false });
    const isNeeded = pair.wanted.from.kind === 'pair' && typeof pair.wanted.owner === 'string';
    if (isNeeded && held === null) this.obstacle ??= problem;
  }
}

function lonely(file: string): CertificateProblem {
  return { file, tenant: null, reason: `${file} ${lackOf(file)}`, keepsOld: false };
}

function tenantOf({ wanted: { owner } }: Pair): string | null {
  return typeof owner === 'string' ? null : owner.tenant;
}

// The same files may be named in several places.
function keyOf({ files: { certFile, keyFile }, wanted: { owner } }: Pair): string {
  return JSON.stringify([owner, certFile, keyFile]);
}

// The system says nothing of a file that it cannot find: its name is no path of this machine.
function textOf(stamps: readonly SeenFile[]): string {
  return stamps.every(({ stamp }) => stamp.includes(' ')) ? stamps.map(({ stamp }) => stamp).join(', ') : '';
}

// Why clients may refuse it, but for its time. Null: for no reason.
function doubtOf({ certificate, doubts }: ReadPair, { domains }: WantedCertificates): string | null {
  const { facts } = certificate;
  if (domains !== null && !isForAnyOf(new Set(facts.names.map(plainName)), domains))
    return `the certificate is for ${facts.names.slice(0, 5).join(', ')}, which is none of the domains of the tenant`;
  const [first] = doubts;
  return first === undefined ? null : first.replaceAll('{value}', facts.file);
}

function isValid(validity: ReturnType<typeof validityOf>): boolean {
  return validity === 'valid' || validity === 'expires_soon';
}
