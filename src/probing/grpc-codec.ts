// Writes and reads the two messages of grpc.health.v1.Health/Check, in the framing of gRPC.

const PREFIX_BYTES = 5;
const MAX_VARINT_BYTES = 10;
const SERVICE_TAG = (1 << 3) | 2;

/** A HealthCheckRequest, ready to be sent. */
export function encodeHealthRequest(service: string): Uint8Array {
  const name = new TextEncoder().encode(service);
  const message = name.length === 0 ? [] : [SERVICE_TAG, ...varint(name.length), ...name];
  return Uint8Array.of(0, ...bigEndian(message.length), ...message);
}

/** Reads the status from the body of an answer; null: the body is not exactly one HealthCheckResponse. */
export function decodeHealthResponse(bytes: Uint8Array): number | null {
  if (bytes.length < PREFIX_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  // A first byte other than 0 means compression, which the request did not allow.
  if (view.getUint8(0) !== 0 || view.getUint32(1) !== bytes.length - PREFIX_BYTES) return null;
  return statusIn(new Reader(bytes, PREFIX_BYTES));
}

function statusIn(reader: Reader): number | null {
  // In Protocol Buffers an absent field has its default, and of several the last one counts.
  let status = 0;
  while (!reader.isAtEnd) {
    const tag = Number(reader.varint() ?? 0n);
    const [field, wireType] = [Math.floor(tag / 8), tag % 8];
    if (field === 0) return null;
    if (field === 1 && wireType === 0) {
      const value = reader.varint();
      if (value === null) return null;
      // An enum is the lower 32 bits of its varint.
      status = Number(BigInt.asIntN(32, value));
    } else if (!skip(reader, wireType)) return null;
  }
  return status;
}

/** Skips a value; false: it is cut off, or of a type that is not known. Groups, which are obsolete, are not known. */
function skip(reader: Reader, wireType: number): boolean {
  switch (wireType) {
    case 0:
      return reader.varint() !== null;
    case 1:
      return reader.skip(8);
    case 2: {
      const length = reader.varint();
      return length !== null && reader.skip(Number(length));
    }
    case 5:
      return reader.skip(4);
    default:
      return false;
  }
}

class Reader {
  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
  ) {}

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  /** Null: the number is cut off or too long. */
  varint(): bigint | null {
    let value = 0n;
    for (let count = 0; count < MAX_VARINT_BYTES; count++) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) return null;
      value |= BigInt(byte & 0x7f) << BigInt(7 * count);
      if (byte < 0x80) return value;
    }
    return null;
  }

  skip(count: number): boolean {
    this.at += count;
    return this.at <= this.bytes.length;
  }
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

function bigEndian(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
