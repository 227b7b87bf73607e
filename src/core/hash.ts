// 32-bit hashing for affinity and for spreading: MurmurHash3 (x86, 32 bits, public domain, Austin Appleby). Chosen for
// its mixing (every input bit flips each output bit with a probability near one half), its published test vectors and
// its speed on short keys: four bytes a step. It does not stop a client that searches for collisions from aiming all of
// its keys at one backend; the bounded load of `consistent_hash` limits what that client can do.

const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

/** Mixes the bits of a 32-bit number; no two inputs give the same output. */
export function mix32(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The hash of two hashes; their order matters. */
export function combine(left: number, right: number): number {
  return mix32(step(step(0, left), right) ^ 8);
}

/** The hash of `bytes` from `start` to before `end`. */
export function hashBytes(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  let hash = seed;
  const lastBlock = end - 3;
  let at = start;
  for (; at < lastBlock; at += 4) {
    hash = step(hash, bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24));
  }
  let tail = 0;
  for (let last = end - 1; last >= at; last--) tail = (tail << 8) | bytes[last];
  if (at < end) hash ^= scramble(tail);
  return mix32(hash ^ (end - start));
}

/** The hash of a text's UTF-8 bytes: what `hashBytes` gives for the same bytes as they came off the wire. */
export function hashText(text: string, seed = 0): number {
  // Runs for each request whose key is the client's address, so ASCII is hashed in place, without an encoded copy.
  let hash = seed;
  let seen = 0;
  const lastBlock = text.length - 3;
  let at = 0;
  for (; at < lastBlock; at += 4) {
    const one = text.charCodeAt(at);
    const two = text.charCodeAt(at + 1);
    const three = text.charCodeAt(at + 2);
    const four = text.charCodeAt(at + 3);
    seen |= one | two | three | four;
    hash = step(hash, one | (two << 8) | (three << 16) | (four << 24));
  }
  let tail = 0;
  for (let last = text.length - 1; last >= at; last--) {
    const code = text.charCodeAt(last);
    seen |= code;
    tail = (tail << 8) | code;
  }
  if (at < text.length) hash ^= scramble(tail);
  return seen <= LAST_OF_ASCII ? mix32(hash ^ text.length) : hashEncoded(text, seed);
}

const LAST_OF_ASCII = 0x7f;

function hashEncoded(text: string, seed: number): number {
  const encoded = encoder.encode(text);
  return hashBytes(encoded, 0, encoded.length, seed);
}

const encoder = new TextEncoder();

function step(hash: number, block: number): number {
  const mixed = hash ^ scramble(block);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function scramble(block: number): number {
  const scaled = Math.imul(block, C1);
  return Math.imul((scaled << 15) | (scaled >>> 17), C2);
}
