// Asks servers that are no backends, such as one that issues keys: over a bounded number of connections to each, which are kept
// open between requests. No redirect is followed, no coding undone, and no proxy of the environment used.
import type { Clock } from '../../core/clock.ts';
import { type ConnectAddress, type Connector, USUAL_TRUST, tlsOptions } from '../../core/connector.ts';
import { type Result, err } from '../../core/result.ts';
import { millis } from '../../core/units.ts';
import type { Ask, AskedRequest, AskedResponse } from '../../policies/tools.ts';
import { AskConnection } from './ask-connection.ts';
import { isRepeatable, requestBytes } from './request-bytes.ts';

/** At a time, to one server, from one process. Others wait: a server that is slow must not get thousands of them. */
const MOST_CONNECTIONS = 32;
/** Shorter than servers keep connections, as a rule, so that few of them end while a request is on its way. */
const IDLE = millis(15_000);

export type AskTools = {
  readonly connect: Connector;
  readonly clock: Pick<Clock, 'after'>;
};

/** One request, from the moment on in which it is asked. */
type Inquiry = {
  readonly asked: AskedRequest;
  readonly bytes: Uint8Array;
  /** It has been asked on a kept connection that had just ended. */
  isRepeated: boolean;
  /** The connection that it is on; null: it waits for one. */
  connection: AskConnection | null;
  isOver: boolean;
  readonly conclude: (result: Result<AskedResponse, string>) => void;
};

export class Asks {
  private readonly servers = new Map<string, AskedServer>();

  constructor(private readonly tools: AskTools) {}

  readonly ask: Ask = (asked) => {
    if (asked.signal?.aborted === true) return Promise.resolve(err('nobody waits for the answer any more'));
    const url = new URL(asked.url);
    const bytes = requestBytes(asked, url);
    if (!bytes.ok) return Promise.resolve(bytes);
    const { promise, resolve } = Promise.withResolvers<Result<AskedResponse, string>>();
    const server = this.serverOf(url);
    const give = (why: string) => server.giveUp(inquiry, why);
    const cancel = this.tools.clock.after(asked.timeout, () => give('there was no answer in time'));
    const abort = (): void => give('nobody waits for the answer any more');
    asked.signal?.addEventListener('abort', abort, { once: true });
    const inquiry: Inquiry = {
      asked,
      bytes: bytes.value,
      isRepeated: false,
      connection: null,
      isOver: false,
      conclude: (result) => {
        if (inquiry.isOver) return;
        inquiry.isOver = true;
        cancel();
        asked.signal?.removeEventListener('abort', abort);
        resolve(result);
      },
    };
    server.take(inquiry);
    return promise;
  };

  /** Closes the connections that nobody uses. */
  close(): void {
    for (const server of this.servers.values()) server.closeIdle();
  }

  private serverOf({ origin, protocol, hostname, port }: URL): AskedServer {
    const known = this.servers.get(origin);
    if (known !== undefined) return known;
    const isTls = protocol === 'https:';
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const address: ConnectAddress = {
      hostname: host,
      port: port === '' ? (isTls ? 443 : 80) : Number(port),
      tls: isTls ? tlsOptions(USUAL_TRUST, host) : null,
    };
    const server = new AskedServer(address, this.tools, () => void this.servers.delete(origin));
    this.servers.set(origin, server);
    return server;
  }
}

/** One server, with the connections to it and the requests that wait for one. */
class AskedServer {
  private readonly idle = new Map<AskConnection, () => void>();
  private readonly waiting: Inquiry[] = [];
  private open = 0;

  constructor(
    private readonly address: ConnectAddress,
    private readonly tools: AskTools,
    /** There are no connections to it any more. */
    private readonly unused: () => void,
  ) {}

  take(inquiry: Inquiry): void {
    const kept = isRepeatable(inquiry.asked) ? this.takeIdle() : null;
    if (kept !== null) this.send(kept, inquiry);
    else if (this.open < MOST_CONNECTIONS) this.send(this.connect(), inquiry);
    else if (this.idle.size > 0) this.replaceIdle(inquiry);
    else this.waiting.push(inquiry);
  }

  /** The answer is not waited for any more. */
  giveUp(inquiry: Inquiry, why: string): void {
    const { connection } = inquiry;
    inquiry.conclude(err(why));
    if (connection === null) {
      const at = this.waiting.indexOf(inquiry);
      if (at >= 0) this.waiting.splice(at, 1);
      return;
    }
    connection.destroy();
    this.left();
  }

  closeIdle(): void {
    for (const connection of this.idle.keys()) this.drop(connection);
  }

  private takeIdle(): AskConnection | null {
    const [latest] = [...this.idle.keys()].slice(-1);
    if (latest === undefined) return null;
    this.idle.get(latest)?.();
    this.idle.delete(latest);
    return latest;
  }

  // What must not be asked twice is not asked on a connection that may just be ending.
  private replaceIdle(inquiry: Inquiry): void {
    this.takeIdle()?.destroy();
    this.open--;
    this.send(this.connect(), inquiry);
  }

  private connect(): AskConnection {
    this.open++;
    return new AskConnection(this.address, this.tools.connect);
  }

  private send(connection: AskConnection, inquiry: Inquiry): void {
    const { asked, bytes } = inquiry;
    inquiry.connection = connection;
    connection.send(bytes, {
      isHead: asked.method === 'HEAD',
      largest: asked.largest,
      answered: (response, isReusable) => {
        inquiry.conclude({ ok: true, value: response });
        this.free(connection, isReusable);
      },
      failed: (why, isStale) => this.failed(inquiry, why, isStale),
    });
  }

  private failed(inquiry: Inquiry, why: string, isStale: boolean): void {
    this.open--;
    inquiry.connection = null;
    if (isStale && !inquiry.isRepeated && isRepeatable(inquiry.asked)) {
      inquiry.isRepeated = true;
      const fresh = this.connect();
      // Others that were kept may have ended with it.
      this.closeIdle();
      return this.send(fresh, inquiry);
    }
    inquiry.conclude(err(why));
    this.next();
  }

  private free(connection: AskConnection, isReusable: boolean): void {
    const next = isReusable ? this.takeWaiting() : null;
    if (next !== null) return this.send(connection, next);
    if (!isReusable) {
      connection.destroy();
      return this.left();
    }
    this.idle.set(
      connection,
      this.tools.clock.after(IDLE, () => this.drop(connection)),
    );
    connection.rest(() => this.drop(connection));
  }

  // A place at the server is free.
  private left(): void {
    this.open--;
    this.next();
  }

  private next(): void {
    const next = this.waiting.shift();
    if (next !== undefined) this.send(this.connect(), next);
    else if (this.open === 0) this.unused();
  }

  // The first that may be asked on a kept connection.
  private takeWaiting(): Inquiry | null {
    const [first] = this.waiting;
    if (first === undefined || !isRepeatable(first.asked)) return null;
    this.waiting.shift();
    return first;
  }

  private drop(connection: AskConnection): void {
    this.idle.get(connection)?.();
    if (!this.idle.delete(connection)) return;
    connection.destroy();
    this.left();
  }
}
