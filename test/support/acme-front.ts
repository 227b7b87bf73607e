// What stands before pebble: passes everything on, but for what a test has it say in its place. Pebble makes its addresses of the
// host that it is asked for, so that clients stay with this.
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Server, createServer } from 'node:https';
import { MadeCertificate } from './made-certificate.ts';
import type { Pebble } from './pebble.ts';
import { listen } from './ports.ts';

/** What a question is for, by the first part of its path. */
const STEPS = {
  dir: 'directory',
  'nonce-plz': 'nonce',
  'sign-me-up': 'account',
  'order-plz': 'new order',
  'my-order': 'order',
  authZ: 'authorization',
  chalZ: 'challenge',
  'finalize-order': 'finalize',
  certZ: 'certificate',
  advice: 'advice',
} as const;
type Step = (typeof STEPS)[keyof typeof STEPS];

export type Asked = {
  readonly step: Step;
  readonly path: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** What was signed; empty: nothing. */
  readonly payload: string;
};

/** `hang`: there is never an answer; `cut`: the connection ends without one; null: pebble answers. */
export type Said = Response | 'hang' | 'cut' | null;

export class AcmeFront implements AsyncDisposable {
  readonly asked: Asked[] = [];
  says: (asked: Asked) => Said = () => null;
  private readonly server: Server;

  private constructor(
    private readonly certificate: MadeCertificate,
    private readonly pebble: Pebble,
    key: string,
    cert: string,
    private readonly givesAdvice: boolean,
  ) {
    this.server = createServer({ key, cert }, (request, response) => void this.serve(request, response));
  }

  /** `givesAdvice`: its directory has an address for that (RFC 9773), which the test answers. */
  static async before(pebble: Pebble, { givesAdvice = false } = {}): Promise<AcmeFront> {
    const certificate = await MadeCertificate.make('localhost', 30);
    const [key, cert] = [await readFile(certificate.key, 'utf8'), await readFile(certificate.cert, 'utf8')];
    const front = new AcmeFront(certificate, pebble, key, cert, givesAdvice);
    await listen(front.server);
    return front;
  }

  /** As one of `acme.directories`. */
  get directory(): string {
    return `{ url: "${this.base}/dir", ca_file: "${this.certificate.cert}" }`;
  }

  /** What was asked for of one kind. */
  of(step: Step): readonly Asked[] {
    return this.asked.filter((one) => one.step === step);
  }

  private get base(): string {
    const address = this.server.address();
    return `https://localhost:${typeof address === 'object' ? address?.port : 0}`;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(request);
    const path = request.url ?? '/';
    const asked = { step: stepOf(path), path, at: Date.now(), payload: payloadOf(body) };
    this.asked.push(asked);
    const said = this.says(asked);
    if (said === 'hang') return;
    if (said === 'cut') return void request.socket.destroy();
    const answer = said ?? (await this.pass(request, path, body).catch(() => null));
    // Pebble is gone.
    if (answer === null) return void request.socket.destroy();
    if (said === null && asked.step === 'directory') return this.sendDirectory(response, await answer.json());
    const fields = Object.fromEntries([...answer.headers].filter(([name]) => !OF_CONNECTION.test(name)));
    response.writeHead(answer.status, fields).end(Buffer.from(await answer.arrayBuffer()));
  }

  private sendDirectory(response: ServerResponse, document: unknown): void {
    const more = this.givesAdvice ? { renewalInfo: `${this.base}/advice` } : {};
    response
      .writeHead(200, { 'Content-Type': 'application/json' })
      .end(JSON.stringify({ ...Object(document), ...more }));
  }

  private pass({ method = 'GET', headers }: IncomingMessage, path: string, body: string): Promise<Response> {
    return fetch(new URL(path, this.pebble.url), {
      method,
      headers: { Host: headers.host ?? '', 'Content-Type': headers['content-type'] ?? '' },
      tls: { rejectUnauthorized: false },
      ...(method === 'POST' ? { body } : {}),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await this.certificate[Symbol.asyncDispose]();
  }
}

const OF_CONNECTION = /^(?:connection|keep-alive|transfer-encoding|content-length|content-encoding)$/i;

function stepOf(path: string): Step {
  const [, first = ''] = path.split('/');
  const step = Object.entries(STEPS).find(([name]) => name === first)?.[1];
  if (step === undefined) throw new Error(`nobody knows what ${path} is`);
  return step;
}

// RFC 7515 7.2.2.
function payloadOf(body: string): string {
  const payload = /"payload":\s*"([^"]*)"/.exec(body)?.[1] ?? '';
  return Buffer.from(payload, 'base64url').toString();
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
