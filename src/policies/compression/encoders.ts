// The streams that compress, with as much memory as a body needs: with their defaults, zlib's streams take 0.3 MiB each,
// brotli's 1.4 and zstd's 3.4, and to clear it costs more than to compress an answer of an API.
import type { Transform } from 'node:stream';
import { type Zlib, constants, createBrotliCompress, createDeflate, createGzip, createZstdCompress } from 'node:zlib';
import type { Coding } from './accept-encoding.ts';

export type Encoder = Transform & Zlib;

const SMALLEST_WINDOW = 10;
const ZLIB_WINDOW = 15;
// 512 KiB: what a larger one saves is not worth its memory. RFC 9659 lets clients refuse more than 8 MiB.
const LARGE_WINDOW = 19;

/** An encoder for one body. `level`: 1 to 9; `length`: of the body, 0 if it is not known. */
export function createEncoder(coding: Coding, level: number, length: number): Encoder {
  switch (coding) {
    case 'br':
      return createBrotliCompress({ params: brotliParams(level, length) });
    case 'zstd':
      return createZstdCompress({ params: zstdParams(level, length) });
    case 'gzip':
      return createGzip(zlibOptions(level, length));
    case 'deflate':
      return createDeflate(zlibOptions(level, length));
  }
}

/** What `flush` is told: everything that came goes out, and what was learned is kept. */
export function flushKind(coding: Coding): number {
  switch (coding) {
    case 'br':
      return constants.BROTLI_OPERATION_FLUSH;
    case 'zstd':
      return constants.ZSTD_e_flush;
    case 'gzip':
    case 'deflate':
      return constants.Z_SYNC_FLUSH;
  }
}

function windowFor(length: number, most: number): number {
  if (length === 0) return most;
  return Math.min(most, Math.max(SMALLEST_WINDOW, Math.ceil(Math.log2(length))));
}

function zlibOptions(level: number, length: number) {
  const windowBits = windowFor(length, ZLIB_WINDOW);
  return { level, windowBits, memLevel: windowBits - 7 }; // 8 for the largest window, as is its default
}

// Quality 4 takes as long as gzip's 5 and saves more; 5 takes twice as long for 2 % (measured with JSON); below 4 it is
// no better than gzip, and above 6 no longer fit for answers made on the fly.
function brotliParams(level: number, length: number) {
  const quality = level <= 5 ? 4 : level <= 7 ? 5 : 6;
  return {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_LGWIN]: windowFor(length, LARGE_WINDOW),
    [constants.BROTLI_PARAM_SIZE_HINT]: Math.min(length, 2 ** 30),
  };
}

// The tables that its levels ask for would not become smaller with the window.
function zstdParams(level: number, length: number) {
  const window = windowFor(length, LARGE_WINDOW);
  return {
    [constants.ZSTD_c_compressionLevel]: level,
    [constants.ZSTD_c_windowLog]: window,
    [constants.ZSTD_c_hashLog]: Math.min(window, 17),
    [constants.ZSTD_c_chainLog]: Math.min(window, 16),
  };
}
