// A listener whose TLS entry asks a certificate source of the test, in front of no tenant: every request is answered 404.
import { millis } from '../../src/core/units.ts';
import { type CertificateSource, INTERMEDIATE, type ServedCertificate } from '../../src/core/certificate-source.ts';
import type { ListenerTools } from '../../src/listen/contract.ts';
import type { DoorReport } from '../../src/listen/door-counts.ts';
import { type ListenOptions, Listener } from '../../src/listen/listener.ts';
import type { ExchangeObserver, ExchangeRecord } from '../../src/message/record.ts';
import type { ClientFacts, TlsFacts } from '../../src/message/contract.ts';
import { compile } from '../../src/plan/compile.ts';
import { assemble } from '../../src/runtime/assemble.ts';
import { realWorld } from '../../src/world.ts';
import { config } from './configs.ts';
import { FIRST } from './certificates.ts';

/** One self-signed certificate of the tests, with the rules that a test is about. */
export function served(rules: Partial<ServedCertificate> = {}): ServedCertificate {
  return { pairs: [{ cert: FIRST.certificate, key: FIRST.key }], policy: INTERMEDIATE, clientAuth: null, ...rules };
}

/** By names; `*`: for every other name, and for clients that name none. */
export function sourceOf(names: Readonly<Record<string, ServedCertificate>>): CertificateSource {
  const others = names['*'] ?? null;
  return { find: (name) => names[name ?? '*'] ?? others, awaits: () => null, challenge: () => null };
}

type Settings = {
  /** YAML of the top level. */
  readonly settings?: string;
  /** A list in YAML; none by default. */
  readonly tenants?: string;
  readonly proxyProtocol?: ListenOptions['proxyProtocol'];
};

/** What the gateway has told of itself. */
class Told implements ExchangeObserver {
  readonly wantsAttempts = false;
  /** Of the connections of requests. */
  readonly facts: (TlsFacts | null)[] = [];
  /** Of the clients of requests. */
  readonly addresses: string[] = [];
  readonly clients: ClientFacts[] = [];
  /** Lines of the log that tell of an error. */
  readonly errors: string[] = [];

  exchangeEnded({ client }: ExchangeRecord): void {
    this.facts.push(client.tls);
    this.addresses.push(client.address);
    this.clients.push(client);
  }

  attemptEnded(): void {}
}

export class TlsDoor implements Disposable {
  private constructor(
    readonly port: number,
    readonly told: Told,
    private readonly tools: ListenerTools,
    private readonly listener: Listener,
    private readonly end: () => void,
  ) {}

  /** `certificates` null: it is a plain listener. */
  static open(
    certificates: CertificateSource | null,
    { settings = '', tenants = '[]', proxyProtocol = 'off' }: Settings = {},
  ): TlsDoor {
    const plan = compile(config(`tenants: ${tenants}\nlog: { format: text }\n${settings}`));
    const { typed } = plan.gateway;
    const told = new Told();
    const writeLog = (line: string): void => void (line.includes(' error ') && told.errors.push(line));
    const parts = assemble({ plan, world: { ...realWorld(), writeLog }, observers: [told] });
    const rules = { ...typed, timeouts: { ...typed.timeouts, linger: millis(1000) } };
    const address = { kind: 'tcp' as const, hostname: '127.0.0.1', port: 0 };
    const listener = new Listener({ address, certificates, proxyProtocol, rules, share: 'clients' }, parts.listening);
    const started = listener.start();
    if (!started.ok || started.value.kind !== 'tcp') throw new Error('it does not listen');
    return new TlsDoor(started.value.port, told, parts.listening, listener, () => {
      listener.stop();
      parts.stop();
    });
  }

  get report(): DoorReport {
    const [first] = this.tools.doors;
    if (first === undefined) throw new Error('it is closed');
    return first.report;
  }

  /** So much time passes, as connections see it. */
  pass(time: number): void {
    const { wheel } = this.tools;
    for (let passed = 0; passed < time; passed += wheel.tick) wheel.advance();
  }

  /** The listener ends, as if what is under way had a second for it. */
  async leave(): Promise<void> {
    const { now } = realWorld().clock;
    const last = millis(now() + 1000);
    await this.listener.drain({ exchanges: last, tunnels: last }, { now, rest: (delay) => Bun.sleep(delay) });
  }

  [Symbol.dispose](): void {
    this.end();
  }
}

/** What openssl says of its handshake, and what it is sent. `input`: what it sends. */
export async function openssl(port: number, words: readonly string[], input = ''): Promise<string> {
  const command = ['openssl', 's_client', '-connect', `127.0.0.1:${port}`, ...words];
  const child = Bun.spawn(command, { stdin: new Blob([input]), stdout: 'pipe', stderr: 'pipe' });
  const texts = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  await child.exited;
  return texts.join('');
}
