// The first message of a TLS client (RFC 8446 4.1.2), as bytes.

const HANDSHAKE = 22;

function two(value: number): readonly number[] {
  return [value >> 8, value & 0xff];
}

export function three(value: number): readonly number[] {
  return [value >> 16, ...two(value & 0xffff)];
}

export function extension(kind: number, content: readonly number[]): readonly number[] {
  return [...two(kind), ...two(content.length), ...content];
}

function codes(text: string): readonly number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}

export function serverName(name: string): readonly number[] {
  const entry = [0, ...two(name.length), ...codes(name)];
  return extension(0, [...two(entry.length), ...entry]);
}

export function protocols(names: readonly string[]): readonly number[] {
  const list = names.flatMap((name) => [name.length, ...codes(name)]);
  return extension(16, [...two(list.length), ...list]);
}

export function hello(extensions: readonly (readonly number[])[], session = 32): readonly number[] {
  const all = extensions.flat();
  const random = Array.from({ length: 32 }, (_, at) => at);
  const head = [3, 3, ...random, session, ...Array.from({ length: session }, () => 7)];
  const body = [...head, ...two(4), 0x13, 1, 0x13, 2, 1, 0, ...two(all.length), ...all];
  return [1, ...three(body.length), ...body];
}

/** In records of at most `size` bytes. */
export function records(message: readonly number[], size = 0x4000): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.slice(at, at + size);
    bytes.push(HANDSHAKE, 3, 1, ...two(part.length), ...part);
  }
  return Uint8Array.from(bytes);
}
