// A request as strings: made only when somebody off the hot path asks.
import { latin1 } from './bytes.ts';
import type { ClientFacts } from './contract.ts';
import type { Head } from './head.ts';

/** A copy; it outlives its head. */
export class RequestView {
  readonly method: string;
  /** In its normal form, by which the request was routed: whatever is decided by a path is decided by this. */
  readonly path: string;
  /** With its `?`; empty for none. */
  readonly query: string;
  /** As the client named it, port included. */
  readonly host: string;
  private readonly fields: readonly (readonly [name: string, value: string])[];

  constructor(
    head: Head,
    readonly client: ClientFacts,
  ) {
    const { bytes } = head;
    this.method = latin1(bytes, head.start, head.methodEnd);
    this.path = latin1(bytes, head.pathStart, head.pathEnd);
    this.query = latin1(bytes, head.pathEnd, head.targetEnd);
    this.host = latin1(bytes, head.hostStart, head.hostEnd);
    this.fields = Array.from({ length: head.count }, (_, f) => {
      const at = f * 4;
      const name = latin1(bytes, head.fields[at], head.fields[at + 1]).toLowerCase();
      return [name, latin1(bytes, head.fields[at + 2], head.fields[at + 3])] as const;
    });
  }

  /** The value of the first field of that name (lower-case), or null. */
  header(name: string): string | null {
    return this.fields.find((field) => field[0] === name)?.[1] ?? null;
  }
}
