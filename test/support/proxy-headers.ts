// PROXY protocol headers for tests.

const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];

/** A header of version 2. `length`: what the header claims as the length of its payload. */
export function v2(command: number, family: number, payload: readonly number[], length = payload.length): Uint8Array {
  return Uint8Array.from([...SIGNATURE, command, family, length >> 8, length & 255, ...payload]);
}

/** The payload of a TCP4 or TCP6 header: source, destination, ports 56324 and 443. */
export function endpoints(source: readonly number[], destination: readonly number[] = source): number[] {
  return [...source, ...destination, 0xdc, 0x04, 0x01, 0xbb];
}
