// An answer of the gateway itself that is made while it is sent.
import { HeadParser } from '../http1/head-parser.ts';
import { ascii } from '../message/bytes.ts';
import { Head } from '../message/head.ts';
import type { LocalStream, StreamReceiver } from '../message/local-handler.ts';
import type { ResponseSink } from './response-sink.ts';

/** The exchange as the stream sees it. */
export interface StreamOwner {
  /** False: the client must take some of it first. */
  sendPiece(bytes: Uint8Array): boolean;
  finish(): void;
}

const LIMITS = { headerBytes: 16_384, headerCount: 100, targetBytes: 1024 };
const UTF8 = new TextEncoder();

/** The head of such an answer. */
export function streamHead({ headers }: LocalStream): Head {
  const head = new Head();
  const parser = new HeadParser(LIMITS);
  parser.begin();
  const lines = [...headers, ['Transfer-Encoding', 'chunked']].map(([name, value]) => `${name}: ${value}\r\n`);
  parser.feedResponse(head, ascii(`HTTP/1.1 200 OK\r\n${lines.join('')}\r\n`), 0, false);
  return head;
}

/** Stands where the stages of a response stand: it hears of the client in the same way. */
export class StreamSink implements ResponseSink, StreamReceiver {
  private isOpen = true;
  hasRoom = true;
  private stop: (() => void) | null = null;

  constructor(private readonly owner: StreamOwner) {}

  begin({ start }: LocalStream): void {
    const stop = start(this);
    if (this.isOpen) this.stop = stop;
    else stop();
  }

  push(text: string): boolean {
    if (!this.isOpen || text === '') return this.isOpen;
    this.hasRoom = this.owner.sendPiece(UTF8.encode(text));
    return this.hasRoom;
  }

  end(): void {
    if (!this.isOpen) return;
    this.destroy();
    this.owner.finish();
  }

  resume(): void {
    this.hasRoom = true;
  }

  destroy(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.stop?.();
    this.stop = null;
  }

  // Nothing comes from a backend.
  sendBody(): boolean {
    return true;
  }

  sendTrailers(): void {}
}
