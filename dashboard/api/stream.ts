// Reads server-sent events with `fetch`, which, unlike EventSource, says why a stream could not be opened.
import { addressOf, type Asked, type Failure, failed, identity, parsed } from './client.ts';
import { Fields } from './fields.ts';

export type Message = { readonly id: string | null; readonly fields: Fields };

export type StreamEars = {
  readonly opened: () => void;
  readonly message: (message: Message) => void;
  /** The stream is away, and is asked for again in a moment, unless it can never be had. */
  readonly lost: (failure: Failure) => void;
};

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;

/** Follows a stream until `signal`, and opens it again by itself. */
export async function follow(
  path: string,
  query: Asked['query'],
  ears: StreamEars,
  signal: AbortSignal,
): Promise<void> {
  let last: string | null = null;
  let pause = FIRST_PAUSE;
  const hear = (message: Message): void => {
    last = message.id ?? last;
    pause = FIRST_PAUSE;
    ears.message(message);
  };
  while (!signal.aborted) {
    const failure = await readOnce({ address: addressOf(path, query), last, signal }, ears.opened, hear);
    if (signal.aborted) return;
    ears.lost(failure);
    if (failure.kind !== 'unreachable') return;
    await untilPassed(pause, signal);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}

type Reading = { readonly address: string; readonly last: string | null; readonly signal: AbortSignal };

async function readOnce(
  { address, last, signal }: Reading,
  opened: () => void,
  hear: (message: Message) => void,
): Promise<Failure> {
  const lost = failed('unreachable', 'The stream was lost.').failure;
  try {
    const headers = { Accept: 'text/event-stream', ...identity(), ...(last === null ? {} : { 'Last-Event-ID': last }) };
    const response = await fetch(address, { headers, cache: 'no-store', credentials: 'same-origin', signal });
    const refusal = refusalOf(response.status);
    if (refusal !== null) {
      await response.body?.cancel();
      return refusal;
    }
    if (response.body === null) return lost;
    opened();
    await readAll(response.body, hear);
    return lost;
  } catch {
    return lost;
  }
}

function refusalOf(status: number): Failure | null {
  if (status === 200) return null;
  if (status === 401) return failed('login', 'A token is needed.').failure;
  if (status === 403) return failed('forbidden', 'Your token does not reach so far.').failure;
  if (status === 404 || status === 405) return failed('absent', 'This gateway has no such stream.').failure;
  if (status < 500 && status !== 429) return failed('refused', `The gateway answered with status ${status}.`).failure;
  return failed('unreachable', `The gateway answered with status ${status}.`).failure;
}

async function readAll(body: ReadableStream<Uint8Array>, hear: (message: Message) => void): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + decoder.decode(value, { stream: true }).replaceAll('\r\n', '\n')).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const message = messageOf(block);
      if (message !== null) hear(message);
    }
  }
}

/** One event of a stream; null: it is only a comment. */
function messageOf(block: string): Message | null {
  let id: string | null = null;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, name, value = ''] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
    if (name === 'id') id = value;
    if (name === 'data') data.push(value);
  }
  return data.length === 0 ? null : { id, fields: new Fields(parsed(data.join('\n'))) };
}

function untilPassed(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
    resolve();
  });
  return promise;
}
