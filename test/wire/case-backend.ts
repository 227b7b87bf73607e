// The backend of the wire suite: answers as each case says, and records which bytes belong to which case.
import type { Pacing } from '../support/pacing.ts';
import {
  type BackendConnection,
  RecordingBackend,
  type Script,
  type SeenRequest,
} from '../support/recording-backend.ts';
import { type RequestHead, valuesOf } from '../support/reference-parser.ts';
import type { Reply, WireCase } from './case.ts';
import type { UpstreamView } from './judge.ts';
import { PROBE_BODY, PROBE_SUFFIX } from './observe.ts';

// A token is as long as `{id}`, so that the lengths that a case counts stay right.
const TOKEN = /q[0-9a-z]{2}[wsb]/;

/** The token of a play, which replaces `{id}` in its case. */
export function tokenFor(index: number, manner: string): string {
  return `q${index.toString(36).padStart(2, '0')}${manner[0]}`;
}

type Plays = Map<string, { readonly wireCase: WireCase; readonly pacing: Pacing }>;

/** A backend that answers each play as its case says. */
export class CaseBackend implements AsyncDisposable {
  private constructor(
    readonly recording: RecordingBackend & { readonly port: number },
    private readonly plays: Plays,
  ) {}

  private readonly requestsByToken = new Map<string, SeenRequest[]>();
  private sorted = 0;

  static async start(): Promise<CaseBackend> {
    const plays: Plays = new Map();
    return new CaseBackend(await RecordingBackend.start((request) => scriptFor(request, plays)), plays);
  }

  add(token: string, wireCase: WireCase, pacing: Pacing): void {
    this.plays.set(token, { wireCase, pacing });
  }

  /** What the backend has received for the play with this token. */
  view(token: string): UpstreamView {
    const unfinished = this.recording.connections.filter((connection) => isUnfinished(connection, token));
    return {
      requests: this.requestsOf(token),
      fragments: unfinished
        .filter(({ violation }) => violation === null)
        .map(({ unread, isClosedByPeer }) => ({ text: unread, isClosed: isClosedByPeer })),
      violations: unfinished.flatMap(({ violation, unread }) =>
        violation === null ? [] : [`${violation} in ${JSON.stringify(unread.slice(0, 120))}`],
      ),
    };
  }

  /** Whether the gateway has closed every connection on which this play was answered. */
  isClosed(token: string): boolean {
    return this.requestsOf(token).every(({ connection }) => connection.isClosedByPeer);
  }

  // Leaves out probes, which are no part of their play.
  private requestsOf(token: string): SeenRequest[] {
    for (const seen of this.recording.requests.slice(this.sorted)) {
      const key = tokenOf(seen.message) ?? '';
      if (!seen.message.target.endsWith(PROBE_SUFFIX)) {
        this.requestsByToken.set(key, [...(this.requestsByToken.get(key) ?? []), seen]);
      }
    }
    this.sorted = this.recording.requests.length;
    return this.requestsByToken.get(token) ?? [];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.recording[Symbol.asyncDispose]();
  }
}

function scriptFor(request: RequestHead, plays: Plays): Script {
  const token = tokenOf(request) ?? '';
  const play = plays.get(token);
  const path = request.target.split('?')[0];
  if (play === undefined || path.endsWith(PROBE_SUFFIX)) return scriptOf(okWith(PROBE_BODY));
  const { wireCase, pacing } = play;
  const named = Object.entries(wireCase.replies ?? {}).find(([suffix]) => path.endsWith(suffix))?.[1];
  const script = scriptOf(named ?? wireCase.reply ?? okWith('ok', request.method));
  const steps = script.steps.map((step) => ('send' in step ? { send: step.send.replaceAll('{id}', token) } : step));
  return { ...script, steps, pacing, key: token };
}

function scriptOf(reply: Reply): Script {
  if (typeof reply === 'string') return { when: 'request', steps: [{ send: reply }] };
  return { when: reply.when ?? 'request', steps: reply.steps };
}

function okWith(body: string, method = 'GET'): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${method === 'HEAD' ? '' : body}`;
}

function tokenOf(request: RequestHead): string | null {
  const places = [request.target, ...valuesOf(request.fields, 'x-case'), ...valuesOf(request.fields, 'host')];
  return TOKEN.exec(places.join(' '))?.[0] ?? null;
}

// True if bytes of the play are left over on the connection: they name it, or name no play and come after its request.
function isUnfinished({ requests, unread }: BackendConnection, token: string): boolean {
  if (unread === '') return false;
  const last = requests.at(-1);
  return unread.includes(token) || (!TOKEN.test(unread) && last !== undefined && tokenOf(last.message) === token);
}
