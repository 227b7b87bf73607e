// Finds where the body of one message ends in the bytes that arrive, whatever its framing.
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, BODY_UNTIL_CLOSE, type Framing, type Head } from '../message/head.ts';
import { EMPTY, join } from '../message/bytes.ts';
import { ChunkScanner, type ChunkedForm, type GuardedNames, type MessageKind } from './chunked.ts';
import { trailerHead } from './trailers.ts';

/** Follows one message body through the bytes of a connection. */
export class BodyReader {
  isDone = true;
  /** After `read`: the end of the bytes to pass on; they begin where the read began. */
  keptEnd = 0;
  private framing: Framing = BODY_NONE;
  private remaining = 0;
  private length = 0;
  private chunks: ChunkScanner | null = null;
  /** The end of the last slice, to be read again with the next one: a trailer's name that is not complete. */
  private leftOver: Uint8Array = EMPTY;

  constructor(private readonly of: MessageKind) {}

  /** `guarded`: names that trailers must not have. */
  begin(head: Head, form: ChunkedForm, guarded: GuardedNames | null = null): void {
    this.framing = head.framing;
    this.remaining = head.length;
    this.length = head.length;
    this.isDone = head.framing === BODY_NONE;
    this.leftOver = EMPTY;
    if (head.framing !== BODY_CHUNKED) return;
    this.chunks ??= new ChunkScanner(this.of);
    this.chunks.begin(form, guarded);
  }

  /** True if the body is chunked and its first bytes, [from, end) of the head's, are no size of a chunk. Asked before
   * `begin`. */
  beginsBroken(head: Head, from: number, end: number): boolean {
    if (head.framing !== BODY_CHUNKED) return false;
    this.chunks ??= new ChunkScanner(this.of);
    return this.chunks.beginsBroken(head.bytes, from, end);
  }

  /** Bytes of the body read so far, without framing. */
  get payloadSeen(): number {
    if (this.framing === BODY_CHUNKED && this.chunks !== null) return this.chunks.payloadSeen;
    return this.length - this.remaining;
  }

  /** Bytes of the body that are still to come; Infinity: nobody knows before they have come. */
  get left(): number {
    if (this.isDone) return 0;
    return this.framing === BODY_LENGTH ? this.remaining : Number.POSITIVE_INFINITY;
  }

  get isUntilClose(): boolean {
    return this.framing === BODY_UNTIL_CLOSE;
  }

  /** The slice to read when bytes have arrived: what the last slice left over comes before them. */
  next(arrived: Uint8Array): Uint8Array {
    if (this.leftOver === EMPTY) return arrived;
    const slice = join(this.leftOver, arrived);
    this.leftOver = EMPTY;
    return slice;
  }

  /** The trailers of a body that was read as payload, as a head without a start line; null: there are none. The
   * caller releases the head. */
  takeTrailers(): Head | null {
    const lines = this.framing === BODY_CHUNKED && this.chunks !== null ? this.chunks.trailerLines : EMPTY;
    return lines.length === 0 ? null : trailerHead(lines);
  }

  /** Reads bytes[from, end), and sets isDone and keptEnd. Returns where the body ends in them; -1: broken framing. */
  read(bytes: Uint8Array, from: number, end: number): number {
    switch (this.framing) {
      case BODY_NONE:
        this.keptEnd = from;
        return from;
      case BODY_LENGTH: {
        const stop = from + Math.min(this.remaining, end - from);
        this.remaining -= stop - from;
        this.isDone = this.remaining === 0;
        this.keptEnd = stop;
        return stop;
      }
      case BODY_CHUNKED:
        return this.chunks === null ? -1 : this.readChunks(this.chunks, bytes, from, end);
      case BODY_UNTIL_CLOSE:
        this.keptEnd = end;
        return end;
    }
  }

  private readChunks(chunks: ChunkScanner, bytes: Uint8Array, from: number, end: number): number {
    const stop = chunks.scan(bytes, from, end);
    this.keptEnd = chunks.keptEnd;
    this.isDone = chunks.isDone;
    if (!this.isDone && stop >= 0 && stop < end) this.leftOver = bytes.slice(stop, end);
    return stop;
  }
}
