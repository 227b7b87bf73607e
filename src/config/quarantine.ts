// Quarantine: tenants whose configuration is broken keep their last good version, or are left out, and the others go on. What
// is broken outside of tenants concerns everybody, and has no such way out.
import { type Combined, type TenantEntry, combineRest, sourceOf } from './combine.ts';
import type { Finding } from './finding.ts';
import type { ConfigOrigin, FileShare, KeptTenant, LastGoodTenant, QuarantinedTenant } from './last-good.ts';
import type { Reading } from './parse.ts';
import type { Path, Problem } from './problems.ts';
import type { Config, TenantConfig } from './schema.ts';

/** Whether an entry of a configuration says what is in force. */
export type Fingerprinting = (config: Config, tenant: TenantConfig) => string;

type Broken = {
  /** Null: the file as a whole. */
  readonly entry: TenantEntry | null;
  readonly part: number;
  readonly name: string | null;
  readonly problems: readonly Problem[];
};

// Of one tenant. People mend the first, and see the others then.
const MOST_PROBLEMS = 5;

/** Takes broken tenants out of a configuration, until what is left is sound. */
export class Quarantine {
  private readonly broken: Broken[] = [];
  private readonly byName: ReadonlyMap<string, LastGoodTenant>;
  private present: Combined;

  constructor(
    private readonly whole: Combined,
    private readonly lastGood: readonly LastGoodTenant[],
    private readonly fingerprintOf: Fingerprinting,
  ) {
    this.byName = new Map(lastGood.map((tenant) => [tenant.name, tenant]));
    this.present = combineRest(whole, new Set());
    this.takeFiles();
  }

  /** What is left. */
  get rest(): Combined {
    return this.present;
  }

  /** The last good versions that are kept, as others must respect them. */
  get kept(): readonly LastGoodTenant[] {
    return this.places().map(({ tenant }) => tenant);
  }

  /** Takes out what a reading of the rest has found broken. False: something is broken that is no tenant. */
  take(reading: Reading): boolean {
    const own = reading.findings.filter(({ rival }) => rival === undefined);
    const blamed = own.length > 0 ? own : this.changedOnes(reading);
    const byTenant = new Map<number, Finding[]>();
    for (const finding of blamed) {
      const at = tenantOf(finding.path);
      if (at === null) return false;
      byTenant.set(at, [...(byTenant.get(at) ?? []), finding]);
    }
    const out = new Set<TenantEntry>();
    for (const [at, findings] of byTenant) {
      const entry = this.present.entries[at];
      if (entry === undefined) continue;
      out.add(entry);
      const problems = reading.source.problems(findings).slice(0, MOST_PROBLEMS);
      this.broken.push({ entry, part: entry.part, name: nameOf(entry), problems });
    }
    this.present = combineRest(this.present, out);
    return out.size > 0;
  }

  /** What has become of the whole. */
  get origin(): ConfigOrigin {
    const kept = this.places().map(({ before, tenant }) => ({ before, tenant }));
    return { kept, quarantined: this.told(), files: this.shares() };
  }

  // The tenants that are kept, each at its place among the sound ones.
  private places(): readonly (KeptTenant & { readonly part: number; readonly because: Broken })[] {
    const sound = new Set(this.present.entries.map(nameOf));
    const known = new Set<string>();
    const places = this.broken.flatMap((because) =>
      this.versionsOf(because).flatMap((tenant) => {
        if (sound.has(tenant.name) || known.has(tenant.name)) return [];
        known.add(tenant.name);
        return [{ tenant, part: because.part, because, before: this.placeOf(because) }];
      }),
    );
    return places.toSorted((a, b) => a.before - b.before);
  }

  // All that are broken, as people are told of them.
  private told(): readonly QuarantinedTenant[] {
    const kept = this.places();
    return this.broken.flatMap((because): readonly QuarantinedTenant[] => {
      const { part, name, problems } = because;
      const file = this.whole.documents[part]?.file ?? '';
      const own = kept.filter((one) => one.because === because);
      if (own.length === 0) return [{ tenant: name, file, serves: 'nothing', problems }];
      return own.map(({ tenant }) => ({ tenant: tenant.name, file, serves: 'last_good', problems }));
    });
  }

  private shares(): readonly FileShare[] {
    const counts = this.whole.documents.map(() => 0);
    if (counts.length < 2) return [];
    for (const { part } of [...this.present.entries, ...this.places()]) counts[part] = (counts[part] ?? 0) + 1;
    return counts.map((tenants, part) => ({ file: this.fileOf(part), tenants }));
  }

  // The main file is known without a name: it may be given by another path next time.
  private fileOf(part: number): string {
    return part === 0 ? '' : (this.whole.documents[part]?.file ?? '');
  }

  private takeFiles(): void {
    const source = sourceOf(this.whole);
    const byPart = new Map<number, Finding[]>();
    for (const finding of this.whole.findings) {
      const { breaks } = finding;
      if (breaks !== undefined) byPart.set(breaks, [...(byPart.get(breaks) ?? []), finding]);
    }
    for (const [part, findings] of byPart) {
      const problems = source.problems(findings).slice(0, MOST_PROBLEMS);
      this.broken.push({ entry: null, part, name: null, problems });
    }
  }

  // Where nobody knows which tenant is broken, it may be any that came from the file and is not there any more.
  private versionsOf({ name, part }: Broken): readonly LastGoodTenant[] {
    if (name !== null) {
      const version = this.byName.get(name);
      return version === undefined ? [] : [version];
    }
    const file = this.fileOf(part);
    const named = new Set(this.whole.entries.map(nameOf));
    return this.lastGood.filter((tenant) => tenant.file === file && !named.has(tenant.name));
  }

  private placeOf({ entry, part }: Broken): number {
    const isBefore = (one: TenantEntry): boolean =>
      one.part < part || (one.part === part && (entry === null || one.at < entry.at));
    return this.present.entries.filter(isBefore).length;
  }

  // Of two that contradict each other, the one that has changed is to blame; if both have, the later one.
  private changedOnes({ findings, parsed }: Reading): readonly Finding[] {
    return findings.map((finding) => {
      const { rival } = finding;
      const [own, other] = [tenantOf(finding.path), tenantOf(rival?.path ?? [])];
      if (rival === undefined || parsed === null || own === null || other === null) return finding;
      const isOthersFault = this.isInForce(parsed.config, own) && !this.isInForce(parsed.config, other);
      return isOthersFault ? rival : finding;
    });
  }

  private isInForce(config: Config, at: number): boolean {
    const tenant = config.tenants[at];
    if (tenant === undefined) return false;
    return this.byName.get(tenant.name)?.fingerprint === this.fingerprintOf(config, tenant);
  }
}

function tenantOf([root, at]: Path): number | null {
  return root === 'tenants' && typeof at === 'number' ? at : null;
}

function nameOf({ value }: TenantEntry): string | null {
  if (typeof value !== 'object' || value === null || !('name' in value)) return null;
  return typeof value.name === 'string' ? value.name : null;
}
