// A small real DNS server (RFC 1035). A test can change its answers while it runs. It truncates answers that are too large
// for UDP, and sends them whole over TCP.
import { type TCPSocketListener, listen, udpSocket } from 'bun';

const TYPES = { A: 1, PTR: 12, AAAA: 28, SRV: 33 } as const;

export type DnsRecord =
  | { readonly type: 'A' | 'AAAA'; readonly ttl: number; readonly address: string }
  | { readonly type: 'PTR'; readonly ttl: number; readonly target: string }
  | {
      readonly type: 'SRV';
      readonly ttl: number;
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
    };

/** The answer for a name: its records, or how the question fails. */
export type Zone = readonly DnsRecord[] | 'nxdomain' | 'servfail' | 'refused' | 'silence' | 'garbage';

const RESPONSE = 0x8180;
const RCODES = { servfail: 2, nxdomain: 3, refused: 5 } as const;
const HEADER_BYTES = 12;
const TRUNCATED = 0x0200;
const LARGEST_DATAGRAM = 512;
const LENGTH_BYTES = 2;
const PORT_ATTEMPTS = 20;

/** A server on a port that the system chose. It answers NXDOMAIN for unknown names. */
export class DnsServer implements AsyncDisposable {
  readonly zones = new Map<string, Zone>();
  /** The questions so far, such as `A app.test`, in their order. */
  readonly asked: string[] = [];

  private socket: Bun.udp.Socket<'buffer'> | null = null;
  private listener: TCPSocketListener | null = null;

  private constructor() {}

  static async start(): Promise<DnsServer> {
    for (let attempt = 1; ; attempt++) {
      const server = new DnsServer();
      await server.open();
      if (server.listenOn(server.socket?.port ?? 0)) return server;
      server.socket?.close();
      if (attempt === PORT_ATTEMPTS) throw new Error('found no port that is free for both UDP and TCP');
    }
  }

  private async open(): Promise<void> {
    this.socket = await udpSocket({
      hostname: '127.0.0.1',
      port: 0,
      socket: {
        data: (socket, query, port, address) => {
          const reply = this.reply(query);
          if (reply !== null) socket.send(reply.length > LARGEST_DATAGRAM ? cut(reply) : reply, port, address);
        },
      },
    });
  }

  private listenOn(port: number): boolean {
    try {
      this.listener = listen({
        hostname: '127.0.0.1',
        port,
        // A question is small enough to come in one piece.
        socket: {
          data: (socket, query) => {
            const reply = this.reply(query.subarray(LENGTH_BYTES));
            if (reply !== null)
              socket.write(Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 0xff]), reply]));
          },
        },
      });
      return true;
    } catch {
      return false;
    }
  }

  get address(): string {
    return `127.0.0.1:${this.socket?.port ?? 0}`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.socket?.close();
    this.listener?.stop(true);
    return Promise.resolve();
  }

  private reply(query: Buffer): Buffer | null {
    const { name, type, end } = readQuestion(query);
    this.asked.push(`${typeName(type)} ${name}`);
    const zone = this.zones.get(name) ?? 'nxdomain';
    if (zone === 'silence') return null;
    if (zone === 'garbage')
      return Buffer.concat([query.subarray(0, 2), Buffer.from([0x81, 0x80, 0, 1, 0, 9, 0, 0, 0, 0])]);
    const question = query.subarray(HEADER_BYTES, end);
    if (typeof zone === 'string') return Buffer.concat([header(query, RCODES[zone], 0), question]);
    const records = zone.filter((record) => TYPES[record.type] === type).map(writeRecord);
    return Buffer.concat([header(query, 0, records.length), question, ...records]);
  }
}

/** The reply cut to its head and question, with the flag that it was truncated. */
function cut(reply: Buffer): Buffer {
  const { end } = readQuestion(reply);
  const short = Buffer.from(reply.subarray(0, end));
  short.writeUInt16BE(RESPONSE | TRUNCATED, 2);
  short.writeUInt16BE(0, 6);
  return short;
}

function readQuestion(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at]; length > 0; length = query[at]) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function typeName(type: number): string {
  return Object.entries(TYPES).find(([, value]) => value === type)?.[0] ?? `TYPE${type}`;
}

function header(query: Buffer, rcode: number, answers: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  query.copy(bytes, 0, 0, 2);
  bytes.writeUInt16BE(RESPONSE | rcode, 2);
  bytes.writeUInt16BE(1, 4);
  bytes.writeUInt16BE(answers, 6);
  return bytes;
}

function writeRecord(record: DnsRecord): Buffer {
  const value = writeValue(record);
  const head = Buffer.alloc(HEADER_BYTES);
  // The name is a pointer to that of the question.
  head.writeUInt16BE(0xc000 | HEADER_BYTES, 0);
  head.writeUInt16BE(TYPES[record.type], 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(record.ttl, 6);
  head.writeUInt16BE(value.length, 10);
  return Buffer.concat([head, value]);
}

function writeValue(record: DnsRecord): Buffer {
  switch (record.type) {
    case 'A':
      return Buffer.from(record.address.split('.').map(Number));
    case 'AAAA':
      return Buffer.from(ipv6Groups(record.address).flatMap((group) => [group >> 8, group & 0xff]));
    case 'PTR':
      return nameBytes(record.target);
    case 'SRV': {
      const numbers = [record.priority, record.weight, record.port].flatMap((value) => [value >> 8, value & 0xff]);
      return Buffer.from([...numbers, ...nameBytes(record.target)]);
    }
  }
}

function nameBytes(name: string): Buffer {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')]);
  return Buffer.from([...labels, 0]);
}

function ipv6Groups(address: string): readonly number[] {
  const [before = '', after = ''] = address.split('::');
  const parse = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [first, last] = [parse(before), parse(after)];
  return [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
}
