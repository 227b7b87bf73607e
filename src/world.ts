// The outside as parameters: clock, randomness, outgoing connections, files, log output. Tests put others in their place.
import { open } from 'node:fs/promises';
import type { Socket } from 'bun';
import type { Clock } from './core/clock.ts';
import type { ConnectAddress, Connection, ConnectionEvents, Connector } from './core/connector.ts';
import { type Bytes, type Millis, millis } from './core/units.ts';
import type { Lookup, LookupSettings } from './discovery/contract.ts';
import { createLookup } from './world/dns.ts';
import { LARGEST_HOSTS_FILE } from './world/hosts-file.ts';

export type World = {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly connect: Connector;
  /** Asks for names. */
  readonly lookup: (settings: LookupSettings) => Lookup;
  /** Stops after `limit` + 1 bytes, so that what never ends can be told from what is only large. */
  readonly readFile: (path: string, limit: Bytes) => Promise<Uint8Array>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A line for the log. */
  readonly writeLog: (line: string) => void;
};

/** The real one. */
export function realWorld(): World {
  return {
    clock: systemClock,
    random: Math.random,
    connect,
    lookup: (settings) => createLookup(settings, readHosts),
    readFile,
    environment: process.env,
    writeLog: (line) => process.stderr.write(line),
  };
}

const systemClock: Clock = {
  now: () => millis(performance.now()),
  wall: () => Date.now(),
  after(delay: Millis, task: () => void): () => void {
    const timer = setTimeout(task, delay);
    return () => clearTimeout(timer);
  },
  every(interval: Millis, task: () => void): () => void {
    const timer = setInterval(task, interval);
    return () => clearInterval(timer);
  },
};

async function readFile(path: string, limit: Bytes): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of file.createReadStream({ end: limit, autoClose: false })) {
      if (chunk instanceof Uint8Array) chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    await file.close();
  }
}

const HOSTS_FILE = '/etc/hosts';

async function readHosts(): Promise<string> {
  const content = await readFile(HOSTS_FILE, LARGEST_HOSTS_FILE).catch(() => new Uint8Array());
  return new TextDecoder().decode(content);
}

type Plain = Socket;

function connect(address: ConnectAddress, events: ConnectionEvents): Connection {
  return new PlainConnection(address, events);
}

class PlainConnection implements Connection {
  private socket: Plain | null = null;
  private isOver = false;
  private unsent: Uint8Array[] = [];

  constructor(
    address: ConnectAddress,
    private readonly events: ConnectionEvents,
  ) {
    void this.open(address);
  }

  write(bytes: Uint8Array): void {
    this.unsent.push(bytes);
    this.flush();
  }

  destroy(): void {
    this.isOver = true;
    this.socket?.terminate();
    this.socket = null;
  }

  private async open(address: ConnectAddress): Promise<void> {
    const { hostname, port, tls } = address;
    try {
      await Bun.connect({ hostname, port, socket: this.handlers(tls !== null), ...(tls === null ? {} : { tls }) });
    } catch (error) {
      this.end(() => this.events.failed(error instanceof Error ? error : new Error(String(error))));
    }
  }

  private handlers(isTls: boolean) {
    return {
      binaryType: 'uint8array' as const,
      open: (socket: Plain) => {
        if (!isTls) this.opened(socket);
      },
      handshake: (socket: Plain, success: boolean, error: Error | null) => {
        if (success && (error === null || error === undefined)) return this.opened(socket);
        // Told before the socket is gone: its close event comes inside the call.
        this.end(() => this.events.failed(error ?? new Error('the TLS handshake failed')));
        socket.terminate();
      },
      data: (_: Plain, bytes: Uint8Array) => {
        if (!this.isOver) this.events.received(bytes);
      },
      drain: () => this.flush(),
      close: (_: Plain, error?: Error) => this.end(() => this.events.closed(error ?? null)),
      error: (_: Plain, error: Error) => this.end(() => this.events.failed(error)),
      connectError: (_: Plain, error: Error) => this.end(() => this.events.failed(error)),
    };
  }

  private opened(socket: Plain): void {
    if (this.isOver) {
      socket.terminate();
      return;
    }
    this.socket = socket;
    this.events.opened();
    this.flush();
  }

  private flush(): void {
    for (let next = this.unsent[0]; next !== undefined && this.socket !== null; next = this.unsent[0]) {
      const taken = Math.max(0, this.socket.write(next));
      this.unsent.shift();
      if (taken === next.length) continue;
      this.unsent.unshift(next.subarray(taken));
      return;
    }
  }

  private end(report: () => void): void {
    if (this.isOver) return;
    this.isOver = true;
    report();
  }
}
