// The encoders, with as much memory as a body needs: with their defaults, zlib's take 0.3 MiB each, brotli's 1.4 and zstd's
// 3.4, and to clear it costs more than to compress an answer of an API.
import { constants, createBrotliCompress, createDeflate, createGzip, createZstdCompress } from 'node:zlib';
import type { Coding } from './accept-encoding.ts';
import { type Operations, SyncEncoder } from './sync-encoder.ts';

const SMALLEST_WINDOW = 10;
const ZLIB_WINDOW = 15;
// 512 KiB: what a larger one saves is not worth its memory. RFC 9659 lets clients refuse more than 8 MiB.
const LARGE_WINDOW = 19;

const OF_ZLIB: Operations = { on: constants.Z_NO_FLUSH, flush: constants.Z_SYNC_FLUSH, finish: constants.Z_FINISH };
const OF_BROTLI: Operations = {
  on: constants.BROTLI_OPERATION_PROCESS,
  flush: constants.BROTLI_OPERATION_FLUSH,
  finish: constants.BROTLI_OPERATION_FINISH,
};
const OF_ZSTD: Operations = {
  on: constants.ZSTD_e_continue,
  flush: constants.ZSTD_e_flush,
  finish: constants.ZSTD_e_end,
};

/** An encoder for one body. `level`: 1 to 9; `length`: of the body, 0 if it is not known. */
export function createEncoder(coding: Coding, level: number, length: number): SyncEncoder {
  switch (coding) {
    case 'br':
      return new SyncEncoder(createBrotliCompress({ params: brotliParams(level, length) }), OF_BROTLI);
    case 'zstd':
      return new SyncEncoder(createZstdCompress({ params: zstdParams(level, length) }), OF_ZSTD);
    case 'gzip':
      return new SyncEncoder(createGzip(zlibOptions(level, length)), OF_ZLIB);
    case 'deflate':
      return new SyncEncoder(createDeflate(zlibOptions(level, length)), OF_ZLIB);
  }
}

function windowFor(length: number, most: number): number {
  if (length === 0) return most;
  return Math.min(most, Math.max(SMALLEST_WINDOW, Math.ceil(Math.log2(length))));
}

// The zlib of this runtime (zlib-ng) makes bodies of JSON at level 1 a quarter larger than the original does, and at level 2
// smaller, in less time.
function zlibOptions(level: number, length: number) {
  const windowBits = windowFor(length, ZLIB_WINDOW);
  return { level: Math.max(2, level), windowBits, memLevel: windowBits - 7 }; // 8 for the largest window, as is its default
}

// Quality 4 takes one and a half times as long as gzip's 5 and saves more on most bodies; 5 takes twice as long for 5 to 10 %;
// below 4 it is no better than gzip, and above 6 no longer fit for answers made on the fly.
export function brotliParams(level: number, length: number) {
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
