// Health check by TCP: a program accepts the connection and, if the check asks for that, sends the right answer.
import { z } from 'zod';
import { SECRET } from '../core/settings.ts';
import type { CheckKind, ProbeResult, ProbeTarget, ProbeTools } from './contract.ts';
import { escapedBytes } from './escaped-bytes.ts';
import { excerptWithoutSecrets } from './excerpt.ts';
import { type Ending, type Talk, converse } from './probe-connection.ts';
import { failedProbe } from './probe-result.ts';
import { routeOf, routeOptions } from './probe-route.ts';

// Greetings are shorter. A backend that has sent so much without the expected text is not waited for any longer.
const MAX_BYTES = 64 * 1024;
const NOTHING = new Uint8Array(0);

const tcpCheckOptions = z.strictObject({
  send: z.exactOptional(escapedBytes).meta({
    ...SECRET,
    description: 'What a probe sends once it is connected; it is never shown. Absent: nothing.',
  }),
  expect: z.exactOptional(escapedBytes).meta({
    description:
      'What the first 64KiB of the answer must contain. Absent: with `send`, any answer is enough; without it, an open connection is, or with TLS a complete handshake.',
  }),
  ...routeOptions,
});

type TcpCheckOptions = z.output<typeof tcpCheckOptions>;

/** For backends that do not speak HTTP. */
export const tcpCheck = {
  type: 'tcp',
  asksByName: false,
  summary:
    'A connection, with TLS if needed; the answer may be checked. A success says that a program listens, not that it works.',
  options: tcpCheckOptions,
  probe: (options, target, tools) => probe(options, target, tools),
} as const satisfies CheckKind<TcpCheckOptions>;

function probe(options: TcpCheckOptions, target: ProbeTarget, tools: ProbeTools): Promise<ProbeResult> {
  return converse(routeOf(options, target).address, tools, () => new TcpTalk(options));
}

class TcpTalk implements Talk {
  private buffer = Buffer.alloc(0);
  private length = 0;

  constructor(private readonly options: TcpCheckOptions) {}

  opened(): Uint8Array | ProbeResult {
    const { send, expect } = this.options;
    return expect === undefined && send === undefined ? this.result(true, 'connected') : (send ?? NOTHING);
  }

  received(bytes: Uint8Array): ProbeResult | null {
    const { expect } = this.options;
    const before = this.length;
    this.keep(bytes);
    if (expect === undefined) return this.result(true, 'answered');
    // What came before has been searched, but for a beginning of the text at its end.
    if (this.kept.indexOf(expect, Math.max(0, before - expect.length + 1)) >= 0)
      return this.result(true, 'answered as expected');
    return this.length < MAX_BYTES ? null : this.result(false, 'the answer is not as expected');
  }

  // An answer may come byte by byte, so the room for it grows in steps.
  private keep(bytes: Uint8Array): void {
    const taken = bytes.subarray(0, MAX_BYTES - this.length);
    if (this.length + taken.length > this.buffer.length) {
      const larger = Buffer.alloc(Math.min(MAX_BYTES, Math.max(1024, 2 * (this.length + taken.length))));
      larger.set(this.kept);
      this.buffer = larger;
    }
    this.buffer.set(taken, this.length);
    this.length += taken.length;
  }

  private get kept(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  ended({ detail }: Ending): ProbeResult {
    return this.length === 0 ? failedProbe(detail) : this.result(false, `the answer is not as expected; ${detail}`);
  }

  private result(passed: boolean, detail: string): ProbeResult {
    const { send } = this.options;
    const secret = send === undefined ? [] : new TextDecoder().decode(send).split(/\s+/);
    const excerpt = excerptWithoutSecrets(new TextDecoder().decode(this.kept), secret);
    return { passed, detail, status: null, excerpt, advice: null };
  }
}
