// What policies have made of the target and the Host that a backend gets.
import { HeadParser } from '../http1/head-parser.ts';
import { ascii, latin1 } from '../message/bytes.ts';
import type { Moved, RewrittenTarget } from '../message/contract.ts';
import { Head, PATH_AMBIGUOUS, type TargetPlace } from '../message/head.ts';
import { otherReading } from '../route/ambiguity.ts';

// Wide enough for what a listener has taken, and for what a policy adds.
const LIMITS = { headerBytes: 64 * 1024, headerCount: 10, targetBytes: 64 * 1024 };
const SLASH = 0x2f;

/** The parts that a policy may change; null: as it was. */
export class Rewritten implements RewrittenTarget {
  target: TargetPlace | null = null;
  moved: Moved | null = null;
  prefix: Uint8Array | null = null;
  host: Uint8Array | null = null;
  /** Two heads are used in turn, so that a target that is refused leaves the one before as it was: making one costs a microsecond. */
  private head = new Head();
  private spare = new Head();

  get isEmpty(): boolean {
    return this.target === null && this.host === null;
  }

  /** Path and query; they are passed on in their normal form. Throws where no request may have them. */
  setTarget(target: string, moved: Moved | null): void {
    const head = this.spare;
    const isWell =
      reads(head, target, 'x') && head.bytes[head.pathStart] === SLASH && !hasEmptyStart(head) && !hasHiddenDots(head);
    if (!isWell) throw new Error('a policy has made a target that no request may have');
    this.spare = this.head;
    this.head = head;
    this.target = head;
    if (moved === null) return;
    this.moved = moved;
    this.prefix = ascii(moved.prefix);
  }

  setHost(host: string): void {
    if (!reads(this.spare, '/', host)) throw new Error('a policy has made a Host that no request may have');
    this.host = ascii(host);
  }

  get text(): string | null {
    return this.target === null ? null : latin1(this.target.bytes, this.target.pathStart, this.target.targetEnd);
  }

  copyFrom(other: Rewritten): void {
    this.clear();
    if (other.text !== null) this.setTarget(other.text, other.moved);
    this.host = other.host;
  }

  clear(): void {
    this.target = null;
    this.moved = null;
    this.prefix = null;
    this.host = null;
  }
}

const parser = new HeadParser(LIMITS);

// A request with that target and Host, read as strictly as those of clients; false: it would be refused.
function reads(head: Head, target: string, host: string): boolean {
  if (!/^[!-~]+$/.test(target) || !/^[!-~]+$/.test(host)) return false;
  head.reset();
  parser.begin();
  return parser.feedRequest(head, ascii(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`), 0) > 0;
}

// What begins with two slashes would name a host.
function hasEmptyStart({ bytes, pathStart, pathEnd }: Head): boolean {
  return pathEnd > pathStart + 1 && bytes[pathStart + 1] === SLASH;
}

function hasHiddenDots(head: Head): boolean {
  return (head.pathFlags & PATH_AMBIGUOUS) !== 0 && otherReading(head)?.hasHiddenDots === true;
}

/** Path and query as the backend gets them where no policy has changed them: without the first bytes of the path, in their
 * normal form. */
export function targetText({ bytes, pathStart, pathEnd, targetEnd }: Head, strip: number): string {
  const text = latin1(bytes, Math.min(pathStart + strip, pathEnd), targetEnd);
  return strip === 0 && text === '*' ? text : `/${text.replace(/^\/+/, '')}`;
}
