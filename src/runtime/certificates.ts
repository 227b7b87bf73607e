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
import type { Clock } from '../core/clock.ts';
import { type Result, err, ok } from '../core/result.ts';
import { millis } from '../core/units.ts';
import type { Log } from '../observe/log.ts';
import type { World } from '../world.ts';

type Outside = Pick<World, 'readFile'> & { readonly clock: Pick<Clock, 'wall' | 'every'> };

export class Certificates {
  private stopLooking: (() => void) | null = null;

  private constructor(
    public current: Certificate,
    private readonly outside: Outside,
  ) {}

  /** Null: there is none. An error is one line for people. `given`: what another process has read, which this one may not
   * be allowed to; absent: the files are to be read. */
  static async load(
    files: TlsFiles | null,
    outside: Outside,
    given?: Certificate | null,
  ): Promise<Result<Certificates | null, string>> {
    if (given !== undefined) return ok(given === null ? null : new Certificates(given, outside));
    if (files === null) return ok(null);
    const read = await readTlsFiles(files, outside.readFile);
    return read.ok
      ? ok(new Certificates(read.value, outside))
      : err(`the TLS certificate cannot be used: ${describeTlsFindings(files, read.error)}`);
  }

  get facts(): CertificateFacts {
    return this.current.facts;
  }

  /** Tells of it in the log, now and whenever it changes; looks at its end every day. */
  begin(log: Log): void {
    this.tellOfLoaded(log);
    this.stopLooking = this.outside.clock.every(millis(DAY), () => this.tellOfEnd(log));
  }

  /** Reads the files again; handshakes that begin from here on get what they hold. */
  async renew(files: TlsFiles, log: Log): Promise<void> {
    const read = await readTlsFiles(files, this.outside.readFile);
    if (!read.ok) {
      const reason = describeTlsFindings(files, read.error);
      return log('error', 'the certificate is not renewed; the one in force stays', { reason });
    }
    const { current } = this;
    const isSame = read.value.cert === current.cert && read.value.key === current.key;
    this.current = read.value;
    if (!isSame) this.tellOfLoaded(log);
  }

  stop(): void {
    this.stopLooking?.();
    this.stopLooking = null;
  }

  private tellOfLoaded(log: Log): void {
    const { file, names, expires } = this.facts;
    log('info', 'certificate loaded', { file, names: names.join(', '), expires: new Date(expires).toISOString() });
    this.tellOfEnd(log);
  }

  private tellOfEnd(log: Log): void {
    const wall = this.outside.clock.wall();
    const problem = validityProblem(this.facts, wall);
    if (problem === null) return;
    const { file, names } = this.facts;
    const level = validityOf(this.facts, wall) === 'expires_soon' ? 'warn' : 'error';
    log(level, problem, { file, names: names.join(', '), days_left: daysLeft(this.facts, wall) });
  }
}
