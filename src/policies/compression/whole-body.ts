// Compresses a body that is at hand as a whole. That is cheaper than to compress it in parts: nothing is made for it that
// outlives the call, and for gzip there is a faster library.
import { brotliCompressSync } from 'node:zlib';
import type { Coding } from './accept-encoding.ts';
import { brotliParams, createEncoder } from './encoders.ts';
import type { SyncEncoder } from './sync-encoder.ts';

const KIB = 1024;

// Below, zlib is as fast as libdeflate, which makes its tables anew for each body.
const FOR_LIBDEFLATE = 32 * KIB;

/** How many bytes may be compressed within one call. At that level they take about a millisecond, with every coding. */
export function mostAtOnce(level: number): number {
  if (level <= 5) return 96 * KIB;
  return level <= 7 ? 48 * KIB : 24 * KIB;
}

/** Compresses a body, which should be no larger than `mostAtOnce`. */
export function compressWhole(coding: Coding, level: number, body: Uint8Array): Uint8Array {
  switch (coding) {
    case 'br':
      return brotliCompressSync(body, { params: brotliParams(level, body.length) });
    case 'zstd':
      return Bun.zstdCompressSync(body, { level });
    case 'gzip':
      return body.length >= FOR_LIBDEFLATE && isOwn(body) ? byLibdeflate(level, body) : byKept(coding, level, body);
    case 'deflate':
      return byKept(coding, level, body);
  }
}

// Kept for bodies to come: to make an encoder takes half as long as to compress an answer of 1 KiB. One for each level and
// coding, since no two bodies are compressed at the same time.
const kept = { gzip: new Map<number, SyncEncoder>(), deflate: new Map<number, SyncEncoder>() };

function byKept(coding: 'gzip' | 'deflate', level: number, body: Uint8Array): Uint8Array {
  const encoder = kept[coding].get(level) ?? createEncoder(coding, level, 0);
  kept[coding].delete(level);
  const compressed = encoder.encode(body, 'finish');
  encoder.reset();
  // Not where it has failed.
  kept[coding].set(level, encoder);
  return compressed;
}

const LEVELS = [1, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

function byLibdeflate(level: number, body: Uint8Array<ArrayBuffer>): Uint8Array {
  return Bun.gzipSync(body, { level: LEVELS[level], library: 'libdeflate' });
}

// Memory that processes share is not; no body comes in it.
function isOwn(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer;
}
