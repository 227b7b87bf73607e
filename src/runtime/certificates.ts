// The certificate of the gateway while it runs: read at the start, and again with every reload. A pair that cannot be used
// never takes the place of one that can.
import { type TlsFiles, describeTlsFindings, readTlsFiles } from '../config/tls-files.ts';
import {
  type Certificate,
  type CertificateFacts,
  DAY,
  daysLeft,
  validityOf,
  validityProblem,
} from '../core/certificate.ts';
import {
  type CertificateSource,
  INTERMEDIATE,
  type KeyPair,
  type ServedCertificate,
} from '../core/certificate-source.ts';
import type { Clock } from '../core/clock.ts';
import { type Result, err, ok } from '../core/result.ts';
import { millis } from '../core/units.ts';
import type { Log } from '../observe/log.ts';
import type { World } from '../world.ts';
import type { PreparedPart } from './two-phases.ts';

/** `certificate`: what will be shown; null: nothing. */
export type PreparedCertificate = PreparedPart & { readonly certificate: Certificate | null };

type Outside = Pick<World, 'readFile'> & { readonly clock: Pick<Clock, 'wall' | 'every'> };

export class Certificates implements CertificateSource {
  private held: Certificate | null = null;
  private served: ServedCertificate | null = null;
  /** A plan without TLS hides the one that was held. Handshakes of a listener that leaves still use it. */
  private isShown = false;
  private stopLooking: (() => void) | null = null;

  constructor(private readonly outside: Outside) {}

  find(): ServedCertificate | null {
    return this.served;
  }

  challenge(): KeyPair | null {
    return null;
  }

  /** For operators. */
  get facts(): readonly CertificateFacts[] {
    return this.shown === null ? [] : [this.shown.facts];
  }

  /** What is shown to clients; null: nothing. */
  get shown(): Certificate | null {
    return this.isShown ? this.held : null;
  }

  /** Reads the files; handshakes that begin after the commit get what they hold. Null: no TLS. */
  async prepare(files: TlsFiles | null, log: () => Log): Promise<Result<PreparedCertificate, string>> {
    if (files === null) return ok(this.prepareGiven(null, log));
    const read = await readTlsFiles(files, this.outside.readFile);
    return read.ok
      ? ok(this.prepareGiven(read.value, log))
      : err(`the TLS certificate cannot be used: ${describeTlsFindings(files, read.error)}`);
  }

  /** The same with what another process has read, which this one may not be allowed to. `log` null: that one tells people. */
  prepareGiven(certificate: Certificate | null, log: (() => Log) | null): PreparedCertificate {
    const commit = (): void => {
      if (certificate === null) this.hide();
      else this.show(certificate, log === null ? null : log());
    };
    return { certificate, commit, drop: () => undefined };
  }

  private hide(): void {
    this.isShown = false;
    this.stop();
  }

  private show(next: Certificate, log: Log | null): void {
    const { held, isShown } = this;
    const isSame = isShown && held !== null && next.cert === held.cert && next.key === held.key;
    this.held = next;
    if (!isSame) this.served = { pairs: [next], policy: INTERMEDIATE, clientAuth: null };
    this.isShown = true;
    if (log === null) return;
    this.stopLooking ??= this.outside.clock.every(millis(DAY), () => this.tellOfEnd(log));
    if (!isSame) this.tellOfLoaded(next.facts, log);
  }

  stop(): void {
    this.stopLooking?.();
    this.stopLooking = null;
  }

  private tellOfLoaded({ file, names, expires }: CertificateFacts, log: Log): void {
    log('info', 'certificate loaded', { file, names: names.join(', '), expires: new Date(expires).toISOString() });
    this.tellOfEnd(log);
  }

  private tellOfEnd(log: Log): void {
    const wall = this.outside.clock.wall();
    for (const facts of this.facts) {
      const problem = validityProblem(facts, wall);
      const level = validityOf(facts, wall) === 'expires_soon' ? 'warn' : 'error';
      const names = facts.names.join(', ');
      if (problem !== null) log(level, problem, { file: facts.file, names, days_left: daysLeft(facts, wall) });
    }
  }
}
