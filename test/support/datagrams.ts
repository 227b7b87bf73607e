// A socket that datagrams are sent to, as a service manager has one. The runtime has none on paths.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromLibc } from '../../src/world/libc.ts';
import { AF_UNIX, unixSocketAddress } from '../../src/world/socket-address.ts';
import { until } from './until.ts';

const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const LARGEST = 4096;

const open = () =>
  fromLibc({
    socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
    bind: { args: ['i32', 'ptr', 'u32'], returns: 'i32' },
    recv: { args: ['i32', 'ptr', 'u64', 'i32'], returns: 'i64' },
    close: { args: ['i32'], returns: 'i32' },
  });

export class Datagrams implements Disposable {
  readonly received: string[] = [];
  readonly path: string;
  private readonly directory = mkdtempSync(join(tmpdir(), 'keystone-'));
  private readonly libc = open();
  readonly descriptor: number;

  /** `name`: one that begins with @ is the system's own; absent: a file. */
  constructor(name: string | null = null) {
    this.path = name ?? join(this.directory, 'notify.sock');
    const address = unixSocketAddress(this.path) ?? new Uint8Array();
    this.descriptor = this.libc?.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) ?? -1;
    if (this.libc?.bind(this.descriptor, address, address.length) !== 0) throw new Error('no socket');
  }

  /** Resolves with the first one from number `from` on that is like this. */
  async got(like: RegExp, from = 0): Promise<string> {
    const find = (): string | undefined => this.received.slice(from).find((text) => like.test(text));
    await until(() => {
      this.read();
      return find() !== undefined;
    }, `${like} is received`);
    return find() ?? '';
  }

  /** Takes what has come. */
  read(): void {
    const bytes = new Uint8Array(LARGEST);
    for (;;) {
      const length = Number(this.libc?.recv(this.descriptor, bytes, bytes.length, 0) ?? -1);
      if (length < 0) return;
      this.received.push(new TextDecoder().decode(bytes.subarray(0, length)));
    }
  }

  [Symbol.dispose](): void {
    this.libc?.close(this.descriptor);
    rmSync(this.directory, { recursive: true, force: true });
  }
}
