// Health check by HTTP: one request on a connection of its own, and the status decides.
import type { z } from 'zod';
import { connectFailure } from '../core/connect-failure.ts';
import type { Connection } from '../core/connector.ts';
import { HeadParser } from '../http1/head-parser.ts';
import { ascii } from '../message/bytes.ts';
import { Head } from '../message/head.ts';
import type { CheckKind, ProbeResult, ProbeTarget, ProbeTools } from './contract.ts';
import { httpCheckOptions } from './http-check-options.ts';

export type HttpCheckOptions = z.output<typeof httpCheckOptions>;

const LIMITS = { headerBytes: 32 * 1024, headerCount: 100, targetBytes: 8 * 1024 };

/** Asks for a path and looks at the status. Redirects are not followed. */
export const httpCheck = {
  type: 'http',
  summary: 'An HTTP request for a path; the status of the response decides. Redirects are not followed.',
  options: httpCheckOptions,
  probe: (options, target, tools) => new HttpProbe(options, target, tools).run(),
} as const satisfies CheckKind<HttpCheckOptions>;

class HttpProbe {
  private readonly parser = new HeadParser(LIMITS);
  private readonly head = new Head();
  private connection: Connection | null = null;
  private settle: (result: ProbeResult) => void = () => {};

  constructor(
    private readonly options: HttpCheckOptions,
    private readonly target: ProbeTarget,
    private readonly tools: ProbeTools,
  ) {}

  run(): Promise<ProbeResult> {
    const { hostname, port, tls, serverName } = this.target;
    const { promise, resolve } = Promise.withResolvers<ProbeResult>();
    this.settle = resolve;
    this.parser.begin();
    this.tools.signal.addEventListener('abort', () => this.end(failed('timed out')), { once: true });
    this.connection = this.tools.connect(
      { hostname, port, tls: tls ? { serverName, rejectUnauthorized: true } : null },
      {
        opened: () => this.connection?.write(this.request()),
        received: (bytes) => this.received(bytes),
        closed: (error) => this.end(failed(error === null ? 'closed without an answer' : error.message)),
        failed: (error) => this.end(failed(describe(error))),
      },
    );
    return promise;
  }

  private request(): Uint8Array {
    const { authority, authorization } = this.target;
    const { method, path } = this.options;
    const credentials = authorization === null ? '' : `Authorization: ${authorization}\r\n`;
    return ascii(
      `${method} ${path ?? '/'} HTTP/1.1\r\nHost: ${authority}\r\nUser-Agent: keystone-health\r\nAccept: */*\r\n${credentials}Connection: close\r\n\r\n`,
    );
  }

  private received(bytes: Uint8Array): void {
    const { head } = this;
    const at = this.parser.feedResponse(head, bytes, 0, true);
    if (at === 0) return;
    if (at < 0) return this.end(failed('the response is not valid HTTP/1.1'));
    if (head.status >= 200) return this.end(this.judge(head.status));
    const rest = head.bytes.subarray(at, this.parser.available(head));
    head.reset();
    this.parser.begin();
    if (rest.length > 0) this.received(rest);
  }

  private judge(status: number): ProbeResult {
    const passed = this.options.expect_status.some((range) => status >= range.from && status <= range.to);
    return { passed, detail: `status ${status}`, status, excerpt: null, advice: null };
  }

  private end(result: ProbeResult): void {
    this.connection?.destroy();
    this.connection = null;
    this.settle(result);
  }
}

function describe(error: Error): string {
  const { code, detail } = connectFailure(error);
  return code === 'tls-failed' ? `${code}: ${detail}` : code;
}

function failed(detail: string): ProbeResult {
  return { passed: false, detail, status: null, excerpt: null, advice: null };
}
