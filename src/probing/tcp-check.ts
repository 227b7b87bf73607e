// Health check by TCP: whether somebody takes the connection, and if need be says the right thing.
import { z } from 'zod';
import { latin1 } from '../message/bytes.ts';
import type { CheckKind, ProbeResult, ProbeTarget, ProbeTools } from './contract.ts';
import { escapedBytes } from './escaped-bytes.ts';
import { excerptOf } from './excerpt.ts';
import { type Ending, type Talk, converse } from './probe-connection.ts';
import { failedProbe } from './probe-result.ts';
import { routeOf, routeOptions } from './probe-route.ts';

// A greeting is shorter; who goes on talking without saying what is waited for never will.
const MAX_BYTES = 64 * 1024;
const NOTHING = new Uint8Array(0);

const tcpCheckOptions = z.strictObject({
  send: z.exactOptional(escapedBytes).meta({
    description: 'What a probe sends once it is connected, never shown. Absent: nothing.',
  }),
  expect: z.exactOptional(escapedBytes).meta({
    description:
      'What must be in the first 64KiB that come back. Absent: an open connection is enough, TLS included; or with `send` any answer.',
  }),
  ...routeOptions,
});

type TcpCheckOptions = z.output<typeof tcpCheckOptions>;

/** For backends whose health is best asked at another port, or not by HTTP. */
export const tcpCheck = {
  type: 'tcp',
  asksByName: false,
  summary:
    'A connection, over TLS if need be; what comes back may be looked at. It says that a program listens, not that it works.',
  options: tcpCheckOptions,
  probe: (options, target, tools) => probe(options, target, tools),
} as const satisfies CheckKind<TcpCheckOptions>;

function probe(options: TcpCheckOptions, target: ProbeTarget, tools: ProbeTools): Promise<ProbeResult> {
  return converse(routeOf(options, target).address, tools, new TcpTalk(options));
}

class TcpTalk implements Talk {
  private seen = '';

  constructor(private readonly options: TcpCheckOptions) {}

  opened(): Uint8Array | ProbeResult {
    const { send, expect } = this.options;
    return expect === undefined && send === undefined ? this.result(true, 'connected') : (send ?? NOTHING);
  }

  received(bytes: Uint8Array): ProbeResult | null {
    const { expect } = this.options;
    this.seen += latin1(bytes, 0, Math.min(bytes.length, MAX_BYTES - this.seen.length));
    if (expect === undefined) return this.result(true, 'answered');
    if (this.seen.includes(latin1(expect, 0, expect.length))) return this.result(true, 'answered as expected');
    return this.seen.length < MAX_BYTES ? null : this.result(false, 'the answer is not as expected');
  }

  ended({ detail }: Ending): ProbeResult {
    return this.seen === '' ? failedProbe(detail) : this.result(false, `the answer is not as expected; ${detail}`);
  }

  private result(passed: boolean, detail: string): ProbeResult {
    const { send } = this.options;
    const bytes = Uint8Array.from(this.seen, (character) => character.charCodeAt(0));
    const secret = send === undefined ? [] : new TextDecoder().decode(send).split(/\s+/);
    const excerpt = excerptOf(new TextDecoder().decode(bytes), secret);
    return { passed, detail, status: null, excerpt, advice: null };
  }
}
