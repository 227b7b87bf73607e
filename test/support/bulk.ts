// Bodies too large to be kept: made as they are sent, and hashed as they are read.
import type { Socket } from 'node:net';

// A prime length, which no buffer size divides: a part that is lost or comes twice changes the hash.
const BLOCK = crypto.getRandomValues(new Uint8Array(65_521));

/** Sends `size` bytes, as fast as the peer reads them. */
export class BulkSender {
  /** Bytes that were handed to the socket so far. */
  sent = 0;
  private readonly hasher = new Bun.CryptoHasher('sha1');

  constructor(
    private readonly socket: Socket,
    private readonly size: number,
  ) {}

  /** Resolves with the hash when all has been sent; rejects when the socket closes first. */
  async send(): Promise<string> {
    while (this.sent < this.size) {
      const part = BLOCK.subarray(0, Math.min(BLOCK.length, this.size - this.sent));
      this.hasher.update(part);
      this.sent += part.length;
      if (!this.socket.write(part)) await drained(this.socket);
    }
    return this.hasher.digest('hex');
  }
}

/** Reads one message with a body, but only when asked to. */
export class BulkReader {
  head = '';
  /** Bytes of the body so far. */
  received = 0;
  isClosed = false;
  private readonly hasher = new Bun.CryptoHasher('sha1');

  constructor(private readonly socket: Socket) {
    socket.pause();
    socket.on('data', (bytes: Buffer) => this.take(bytes));
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.isClosed = true;
    });
    socket.pause();
  }

  /** Reads until the body has `size` bytes; resolves with their hash. */
  async read(size: number): Promise<string> {
    this.socket.resume();
    while (this.received < size) {
      if (this.isClosed) throw new Error(`the connection closed after ${this.received} of ${size} bytes`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return this.hasher.copy().digest('hex');
  }

  private take(bytes: Buffer): void {
    let body: Uint8Array = bytes;
    if (!this.head.endsWith('\r\n\r\n')) {
      const end = (this.head + bytes.toString('latin1')).indexOf('\r\n\r\n');
      const from = end < 0 ? bytes.length : end + 4 - this.head.length;
      this.head += bytes.toString('latin1', 0, from);
      body = bytes.subarray(from);
    }
    this.received += body.length;
    this.hasher.update(body);
  }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      socket.off('drain', settle);
      socket.off('close', settle);
      if (socket.destroyed) reject(new Error('the connection closed before all was sent'));
      else resolve();
    };
    socket.on('drain', settle);
    socket.on('close', settle);
  });
}
