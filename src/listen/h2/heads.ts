// Sends heads: encodes them into the connection's output, as HEADERS frames.
import { out } from '../../http1/output.ts';
import { writeLocalHead } from '../../http1/write-response.ts';
import { blockBound } from '../../http2/hpack-encode.ts';
import { LF } from '../../message/bytes.ts';
import type { Head } from '../../message/head.ts';
import type { LocalResponse } from '../../message/local-response.ts';
import { type FrameOutput, GONE, roomOfBlock } from './frame-output.ts';
import { type BlockManner, ResponseBlocks, boundOf, boundOfFields } from './response-block.ts';

/** Each returns how many bytes it has sent. */
export class Heads {
  private readonly blocks = new ResponseBlocks();
  private start = 0;

  constructor(private readonly output: FrameOutput) {}

  /** The client keeps a table of so many bytes at the most. */
  limitTable(size: number): void {
    this.blocks.limitTable(size);
  }

  response(id: number, head: Head, manner: BlockManner, hasLength: boolean): number {
    return this.begin(boundOf(head, manner)) ? this.send(id, this.blocks.response(head, manner, hasLength), false) : 0;
  }

  interim(id: number, head: Head): number {
    return this.begin(boundOfFields(head)) ? this.send(id, this.blocks.interim(head), false) : 0;
  }

  /** They end the stream. */
  trailers(id: number, trailers: Head): number {
    return this.begin(boundOfFields(trailers)) ? this.send(id, this.blocks.trailers(trailers), true) : 0;
  }

  /** The head of a response of the gateway's own. */
  local(id: number, response: LocalResponse, manner: BlockManner): number {
    const length = writeLocalHead(out, response, inText(manner));
    const fields = out.indexOf(LF) + 1;
    if (!this.begin(blockBound(length))) return 0;
    return this.send(id, this.blocks.local(manner.responseStatus, out, fields, length - 2), false);
  }

  // False: the connection is gone.
  private begin(bound: number): boolean {
    const at = this.output.reserve(roomOfBlock(bound));
    if (at === GONE) return false;
    this.blocks.begin(this.output.room, at);
    this.start = at;
    return true;
  }

  private send(id: number, end: number, isEnd: boolean): number {
    this.output.head(id, end, isEnd);
    return end - this.start;
  }
}

// Nothing is said of the connection.
function inText({ edits, dateLine, identified, idPrefix }: BlockManner) {
  return { edits, dateLine, identified, idPrefix, word: 'implied' } as const;
}
