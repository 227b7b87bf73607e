// Bun's own WebSocket client, with promises for messages and closing.
import { until } from './until.ts';

export type Closing = { readonly code: number; readonly reason: string; readonly wasClean: boolean };

/** An open WebSocket. Disposing ends it at once. */
export class WebSocketClient implements Disposable {
  readonly messages: (string | Uint8Array)[] = [];
  closing: Closing | null = null;

  private constructor(readonly socket: WebSocket) {
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
      this.messages.push(typeof data === 'string' ? data : new Uint8Array(data));
    });
    socket.addEventListener('close', ({ code, reason, wasClean }) => {
      this.closing = { code, reason, wasClean };
    });
  }

  /** Rejects if the handshake fails. */
  static async open(url: string, protocols: string[] = []): Promise<WebSocketClient> {
    const client = new WebSocketClient(new WebSocket(url.replace('http', 'ws'), protocols));
    const { socket } = client;
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve());
      socket.addEventListener('close', ({ reason }) => reject(new Error(`the handshake failed: ${reason}`)));
    });
    return client;
  }

  send(message: string | Uint8Array<ArrayBuffer>): void {
    this.socket.send(message);
  }

  /** The message at this place, once it has come. */
  async message(place: number): Promise<string | Uint8Array | undefined> {
    await until(() => this.messages.length > place || this.closing !== null, `message ${place} comes`);
    return this.messages[place];
  }

  async closed(): Promise<Closing | null> {
    await until(() => this.closing !== null, 'the WebSocket closes');
    return this.closing;
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }
}
