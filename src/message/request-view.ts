// A request as strings, for code off the hot path. Each string is made when it is asked for.
import { latin1 } from './bytes.ts';
import type { ClientFacts } from './contract.ts';
import { isNamed } from './field-value.ts';
import { Head, copyHead } from './head.ts';

/** A request that another process is to look at. */
export type SentRequest = { readonly head: HeadData; readonly client: ClientFacts };

// What is left of a head when it has gone through a message: its fields.
type HeadData = Pick<Head, HeadField>;
type HeadField = { [Key in keyof Head]: Head[Key] extends (...args: never[]) => unknown ? never : Key }[keyof Head];

/** Reads the head itself, which belongs to somebody else after the call that was given the view. Whoever needs the view
 * for longer calls `outlive` first. */
export class RequestView {
  constructor(
    private head: Head,
    readonly client: ClientFacts,
  ) {}

  get method(): string {
    return this.text(this.head.start, this.head.methodEnd);
  }

  /** In its normal form, by which the request was routed. Decisions about a path must use this form. */
  get path(): string {
    return this.text(this.head.pathStart, this.head.pathEnd);
  }

  /** With its `?`; empty for none. */
  get query(): string {
    return this.text(this.head.pathEnd, this.head.targetEnd);
  }

  /** As the client named it, port included. */
  get host(): string {
    return this.text(this.head.hostStart, this.head.hostEnd);
  }

  /** The value of the first field of that name (lower-case), or null. */
  header(name: string): string | null {
    const { fields, count } = this.head;
    for (let f = 0; f < count; f++) {
      if (isNamed(this.head, f, name)) return this.text(fields[f * 4 + 2], fields[f * 4 + 3]);
    }
    return null;
  }

  /** The values of all fields of that name (lower-case). */
  headers(name: string): readonly string[] {
    const { fields, count } = this.head;
    const values: string[] = [];
    for (let f = 0; f < count; f++) {
      if (isNamed(this.head, f, name)) values.push(this.text(fields[f * 4 + 2], fields[f * 4 + 3]));
    }
    return values;
  }

  /** From here on it may be used after the call: it reads a copy of the head. */
  outlive(): void {
    this.head = copyHead(this.head);
  }

  /** To be sent to another process, with no more bytes than its head has. What the TLS handshake has agreed on stays here. */
  get toSend(): SentRequest {
    const head = copyHead(this.head);
    head.bytes = head.bytes.slice(0, Math.max(head.end, head.targetEnd));
    return { head, client: { ...this.client, tls: null } };
  }

  static received({ head, client }: SentRequest): RequestView {
    return new RequestView(Object.assign(new Head(), head), client);
  }

  private text(start: number, end: number): string {
    return latin1(this.head.bytes, start, end);
  }
}
