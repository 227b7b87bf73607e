// Gives the memory of a large read back as soon as its bytes have been passed on. The garbage collector would do so only
// after many more reads, each of which would lie in memory that the processor's caches do not hold: bodies of 64 KiB
// cost 5 % more that way, and after bodies of 1 MiB the process holds 100 MB more.

/** In bytes. Detaching a smaller buffer saves next to nothing. */
export const LARGE_READ = 16 * 1024;

/** Frees the memory of a large read that nobody needs any more. A small one, and a part of a read, are left to the garbage
 * collector. */
export function giveBack(read: Uint8Array): void {
  if (read.length <= LARGE_READ) return;
  const { buffer } = read;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === read.length) buffer.transfer(0);
}
