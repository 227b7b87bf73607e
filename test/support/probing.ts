// Runs probes against a script instead of the outside: a connection that receives what the test gives, or a program or
// call that ends as the test says.
import { USUAL_TRUST } from '../../src/core/connector.ts';
import type { Call, CallResult } from '../../src/core/caller.ts';
import type { Connection, ConnectAddress, ConnectionEvents } from '../../src/core/connector.ts';
import type { Command, RunResult } from '../../src/core/runner.ts';
import type { CheckKind, ProbeResult, ProbeTarget, ProbeTools } from '../../src/probing/contract.ts';
import { httpCheck } from '../../src/probing/http-check.ts';

export const NOW = Date.UTC(2026, 10, 25, 12, 0, 0);

const TARGET: ProbeTarget = {
  tenant: 'shop',
  name: 'a',
  hostname: '10.0.0.1',
  port: 3000,
  tls: false,
  serverName: '10.0.0.1',
  trust: USUAL_TRUST,
  authority: '10.0.0.1:3000',
  authorization: null,
};

/** What happens on a connection once it is open. */
export type Script = {
  /** The bytes that come, in one event each. */
  readonly chunks: readonly (string | Uint8Array)[];
  /** `stays`: nothing follows until the probe is aborted. */
  readonly ending: 'closes' | 'breaks' | 'stays';
};

/** What a probe has done, and its result. */
export type Probing = {
  readonly result: ProbeResult;
  readonly address: ConnectAddress | null;
  readonly sent: string;
  readonly commands: readonly Command[];
  readonly calls: readonly Call[];
};

/** Runs a check with options as a configuration has them. */
export async function probing<Options>(
  check: CheckKind<Options>,
  options: Readonly<Record<string, unknown>>,
  script: Scripts,
  target: Partial<ProbeTarget> = {},
): Promise<Probing> {
  const abort = new AbortController();
  const seen = { address: null as ConnectAddress | null, sent: '', commands: [] as Command[], calls: [] as Call[] };
  const tools: ProbeTools = {
    wall: () => NOW,
    signal: abort.signal,
    run: (command) => {
      seen.commands.push(command);
      return isRun(script) ? Promise.resolve(script) : Promise.reject(new Error('no program is expected'));
    },
    call: (request) => {
      seen.calls.push(request);
      return isCall(script) ? Promise.resolve(script) : Promise.reject(new Error('no call is expected'));
    },
    connect: (address, events) => {
      seen.address = address;
      if ('kind' in script) throw new Error('no connection is expected');
      return new Scripted(events, script, (bytes) => (seen.sent += new TextDecoder().decode(bytes)), abort);
    },
  };
  const result = await check.probe(check.options.parse(options), { ...TARGET, ...target }, tools);
  return { result, ...seen };
}

type Scripts = Script | RunResult | CallResult;

function isCall(script: Scripts): script is CallResult {
  return 'kind' in script && ['answered', 'unreachable', 'broken'].includes(script.kind);
}

function isRun(script: Scripts): script is RunResult {
  return 'kind' in script && !isCall(script);
}

class Scripted implements Connection {
  private isOver = false;

  constructor(
    private readonly events: ConnectionEvents,
    private readonly script: Script,
    private readonly take: (bytes: Uint8Array) => void,
    private readonly abort: AbortController,
  ) {
    queueMicrotask(() => this.play());
  }

  write(bytes: Uint8Array): void {
    this.take(bytes);
  }

  destroy(): void {
    this.isOver = true;
  }

  private play(): void {
    const { events, script } = this;
    events.opened();
    for (const chunk of script.chunks) {
      const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk.slice();
      if (!this.isOver) events.received(bytes);
    }
    if (this.isOver) return;
    if (script.ending === 'stays') this.abort.abort();
    else events.closed(script.ending === 'closes' ? null : new Error('read ECONNRESET'));
  }
}

/** An http check that gets this response, in one piece, on a connection that stays open. */
export async function asked(
  options: Readonly<Record<string, unknown>>,
  answer: string,
  ending: Script['ending'] = 'stays',
): Promise<ProbeResult> {
  return (await probing(httpCheck, options, { chunks: [answer], ending })).result;
}

/** The text of a response with a Content-Length. */
export function response(status: number, body: string, ...fields: readonly string[]): string {
  const length = new TextEncoder().encode(body).length;
  return `${[`HTTP/1.1 ${status} Word`, ...fields, `Content-Length: ${length}`].join('\r\n')}\r\n\r\n${body}`;
}
