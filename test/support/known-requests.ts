// Requests whose kinds, numbers and answers a test knows, over HTTP/1.1 and HTTP/2, with a count of what their client has seen.
import { type ClientHttp2Session, connect } from 'node:http2';
import { RawClient } from './raw-client.ts';

/** What a client asks for, how often, and what becomes of it. */
export type KnownKind = {
  readonly name: string;
  readonly over: 'h1' | 'h2';
  readonly count: number;
  readonly host: string;
  readonly method: string;
  /** Every request has a path of its own, below this one. */
  readonly path: string;
  readonly body?: string;
  /** A line more of its head. */
  readonly field?: string;
  /** What the client gets; `leaves`: nothing, it goes away as soon as the origin has its request. */
  readonly status: number | 'leaves';
};

/** What the client has counted of one kind. */
export type Counted = { requests: number; bytesSent: number; bytesReceived: number };

type Job = { readonly kind: KnownKind; readonly path: string };

export type KnownClientTools = {
  readonly plainPort: number;
  readonly securePort: number;
  /** Resolves when the origin has got the request for that path. */
  readonly arrived: (path: string) => Promise<void>;
};

/** Connections over HTTP/2. */
export const SESSIONS = 6;

const BOUND = 20_000;
const HEAD_END = '\r\n\r\n';
const CANCEL = 8;

/** Asks for all of them in a mixed order. An answer of another kind than expected is an error. */
export class KnownClient {
  readonly counted = new Map<string, Counted>();
  /** Those of all requests that have one. */
  readonly paths: string[] = [];

  constructor(private readonly tools: KnownClientTools) {}

  async askAll(kinds: readonly KnownKind[]): Promise<void> {
    const jobs = mixed(kinds.flatMap((kind) => jobsOf(kind)));
    this.paths.push(...jobs.map(({ path }) => path));
    for (const { name } of kinds) this.counted.set(name, { requests: 0, bytesSent: 0, bytesReceived: 0 });
    const plain = jobs.filter(({ kind }) => kind.over === 'h1');
    const secure = jobs.filter(({ kind }) => kind.over === 'h2');
    const visits = Array.from({ length: 24 }, async () => await this.visitPlain(plain));
    const sessions = Array.from({ length: SESSIONS }, async () => await this.visitSecure(secure));
    await Promise.all([...visits, ...sessions]);
  }

  private note({ name }: KnownKind, bytesSent: number, bytesReceived: number): void {
    const counted = this.counted.get(name);
    if (counted === undefined) throw new Error(name);
    counted.requests++;
    counted.bytesSent += bytesSent;
    counted.bytesReceived += bytesReceived;
  }

  private async visitPlain(jobs: Job[]): Promise<void> {
    let client: RawClient | null = null;
    for (let job = jobs.pop(); job !== undefined; job = jobs.pop()) {
      if (client === null || client.peer !== 'open') {
        client?.[Symbol.dispose]();
        client = await RawClient.open(this.tools.plainPort);
      }
      if (job.kind.status === 'leaves') await this.leavePlain(client, job);
      else await this.askPlain(client, job);
      if (/^connection: close\r$/im.test(client.received) || job.kind.status === 'leaves') {
        client[Symbol.dispose]();
        client = null;
      }
    }
    client?.[Symbol.dispose]();
  }

  private async askPlain(client: RawClient, { kind, path }: Job): Promise<void> {
    client.received = '';
    const text = textOf(kind, path);
    await client.send(text);
    const isWhole = await client.until(({ received, peer }) => wholeAnswer(received, kind) || peer !== 'open', BOUND);
    const { received } = client;
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(received)?.[1] ?? 0);
    if (!isWhole || !wholeAnswer(received, kind) || status !== kind.status)
      throw new Error(`${kind.name} ${path} is answered (${client.story}) ${received.slice(0, 500)}`);
    this.note(kind, text.length, received.length);
  }

  private async leavePlain(client: RawClient, { kind, path }: Job): Promise<void> {
    const text = textOf(kind, path);
    await client.send(text);
    await this.tools.arrived(path);
    client.reset();
    this.note(kind, text.length, 0);
  }

  private async visitSecure(jobs: Job[]): Promise<void> {
    const session = connect(`https://127.0.0.1:${this.tools.securePort}`, { rejectUnauthorized: false });
    const failed = new Promise<never>((_, reject) => session.on('error', reject));
    const streams = Array.from({ length: 4 }, async () => {
      for (let job = jobs.pop(); job !== undefined; job = jobs.pop()) await this.askSecure(session, job);
    });
    await Promise.race([Promise.all(streams), failed]);
    failed.catch(() => undefined);
    session.close();
  }

  private async askSecure(session: ClientHttp2Session, { kind, path }: Job): Promise<void> {
    const { host, method, body, status } = kind;
    const ended = Promise.withResolvers<number>();
    const stream = session.request(
      { ':method': method, ':path': path, ':authority': host },
      { endStream: body === undefined },
    );
    let got = 0;
    stream.on('response', (head) => {
      got = Number(head[':status']);
    });
    stream.on('data', () => undefined);
    stream.on('error', () => undefined);
    stream.on('close', () => ended.resolve(got));
    if (body !== undefined) stream.end(body);
    if (status === 'leaves') {
      await this.tools.arrived(path);
      stream.close(CANCEL);
    }
    const seen = await ended.promise;
    if (seen !== (status === 'leaves' ? 0 : status)) throw new Error(`${kind.name}: ${seen}`);
    this.note(kind, 0, 0);
  }
}

function jobsOf(kind: KnownKind): readonly Job[] {
  return Array.from({ length: kind.count }, (_, at) => ({ kind, path: `${kind.path}/${kind.name}-${at}` }));
}

function textOf({ method, host, body, field }: KnownKind, path: string): string {
  const length = body === undefined ? '' : `Content-Length: ${body.length}\r\n`;
  const more = field === undefined ? '' : `${field}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}${length}\r\n${body ?? ''}`;
}

function wholeAnswer(received: string, { method }: KnownKind): boolean {
  const end = received.indexOf(HEAD_END);
  if (end < 0) return false;
  const head = received.slice(0, end + 2);
  if (method === 'HEAD' || /^HTTP\/1\.1 (204|304) /.test(head)) return true;
  const length = /^content-length: *(\d+)\r$/im.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer without a length: ${head}`);
  return received.length === end + HEAD_END.length + Number(length);
}

// The same order each time: Fisher and Yates, with a generator of its own.
function mixed<Value>(values: readonly Value[]): Value[] {
  const all = [...values];
  let seed = 1;
  for (let at = all.length - 1; at > 0; at--) {
    seed = (seed * 48_271) % 2_147_483_647;
    const other = seed % (at + 1);
    [all[at], all[other]] = [all[other], all[at]];
  }
  return all;
}
