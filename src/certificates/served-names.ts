// The certificates of a process, for handshakes and for whoever compares hosts with them.
import type {
  CertificateSource,
  CertificateWait,
  ClientAuth,
  KeyPair,
  ServedCertificate,
} from '../core/certificate-source.ts';
import { AwaitedNames } from './awaited-names.ts';
import { Challenges } from './challenges.ts';
import type { HandedCertificates, HeldCertificate, TlsRules } from './contract.ts';
import { NamedCertificates } from './named-certificates.ts';

/** Certificates with the rules by which they are served, made and not yet in force. `named` null: no TLS. */
export type NextNames = { readonly named: NamedCertificates | null; readonly held: readonly HeldCertificate[] };

export class ServedNames implements CertificateSource {
  readonly challenges = new Challenges();
  /** Names for which a certificate is got when somebody asks for them. */
  readonly awaited: AwaitedNames;
  /** Another one: names may be served with something else. */
  generation = 0;
  private named: NamedCertificates | null = null;
  private all: readonly HeldCertificate[] = [];
  /** A plan without TLS hides what was there. Handshakes of a listener that leaves still use it. */
  private isShown = false;

  constructor(private readonly wall: () => number) {
    this.awaited = new AwaitedNames(wall);
  }

  find(serverName: string | null): ServedCertificate | null {
    return this.named === null ? null : this.named.find(serverName);
  }

  awaits(serverName: string, come: () => void): CertificateWait | null {
    const { named } = this;
    if (named === null || named.onDemand === null || named.has(serverName)) return null;
    const end = this.awaited.wait(serverName, come);
    return end === null ? null : { most: named.onDemand, end };
  }

  challenge(serverName: string): KeyPair | null {
    return this.challenges.pairFor(serverName);
  }

  /** What clients are asked for where nothing else is said. */
  get clientAuth(): ClientAuth | null {
    return this.named === null ? null : this.named.clientAuth;
  }

  /** Every name is served with the same. */
  get isUniform(): boolean {
    return this.named === null || this.named.isUniform;
  }

  /** What is shown to clients. */
  get held(): readonly HeldCertificate[] {
    return this.isShown ? this.all : [];
  }

  /** `rules` null: no TLS. */
  prepare(held: readonly HeldCertificate[], rules: TlsRules | null): NextNames {
    if (rules === null) return { named: null, held };
    return { named: new NamedCertificates({ certificates: held, rules, wall: this.wall() }, this.named), held };
  }

  use({ named, held }: NextNames): void {
    this.isShown = named !== null;
    if (named === null) return;
    this.named = named;
    this.all = held;
    this.generation++;
    this.awaited.came((name) => named.has(name));
  }

  /** What another process needs that has what this one has now. */
  changeTo(held: readonly HeldCertificate[]): HandedCertificates {
    const known = new Set(this.held.map(({ id }) => id));
    return { order: held.map(({ id }) => id), added: held.filter(({ id }) => !known.has(id)) };
  }

  /** What another process needs that has nothing. */
  get whole(): HandedCertificates {
    return { order: this.held.map(({ id }) => id), added: this.held };
  }

  /** All of them, where another process has told what has changed. */
  received({ order, added }: HandedCertificates): readonly HeldCertificate[] {
    const known = new Map([...this.all, ...added].map((one) => [one.id, one]));
    return order.flatMap((id) => known.get(id) ?? []);
  }
}
