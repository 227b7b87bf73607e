// The streams of one connection that are open. They are few, so that a search beats a map; and a GET is never searched for.
import type { ClientFacts } from '../../message/contract.ts';
import { type StreamConnection, StreamH2 } from './stream-h2.ts';

// A new one costs a dozen objects.
const KEPT = 1024;
const free: StreamH2[] = [];

export class OpenStreams {
  readonly all: StreamH2[] = [];

  get size(): number {
    return this.all.length;
  }

  open(connection: StreamConnection, id: number, client: ClientFacts): StreamH2 {
    const stream = free.pop() ?? new StreamH2(connection, client);
    stream.attach(connection, id);
    stream.index = this.all.push(stream) - 1;
    return stream;
  }

  find(id: number): StreamH2 | null {
    const { all } = this;
    for (let at = all.length - 1; at >= 0; at--) if (all[at].id === id) return all[at];
    return null;
  }

  /** The stream is over, and may be used again. */
  close(stream: StreamH2): void {
    const { all } = this;
    const last = all.pop();
    if (last !== undefined && last !== stream) {
      all[stream.index] = last;
      last.index = stream.index;
    }
    stream.clear();
    if (free.length < KEPT) free.push(stream);
  }
}
