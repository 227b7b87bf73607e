// Makes the runtime accept no connections for a while. It has no call for this: the event loop of the runtime waits for
// listening sockets by epoll(7), and the gate changes what it waits for. The kernel tells which of its sets a socket is in,
// and with what data (/proc/PID/fdinfo, proc(5)). A test holds whether the runtime still works like that.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import type { AcceptGate } from '../core/descriptors.ts';
import type { SystemCalls } from './system-calls.ts';

const DESCRIPTORS = '/proc/self/fd';
const EPOLL = 'anon_inode:[eventpoll]';
const EPOLL_CTL_MOD = 3;
const NOTHING = 0;
// struct epoll_event is packed on x86-64 only.
const DATA_AT = process.arch === 'x64' ? 4 : 8;

type Entry = { readonly epoll: number; readonly events: number; readonly data: bigint };

/** Found when the socket begins to listen: later there may be no descriptor left to look with. Null: it was not found. */
export function acceptGate(calls: SystemCalls, listener: number): AcceptGate | null {
  const entry = entryOf(listener);
  if (entry === null) return null;
  const event = new DataView(new ArrayBuffer(DATA_AT + 8));
  event.setBigUint64(DATA_AT, entry.data, true);
  const waitFor = (events: number): void => {
    event.setUint32(0, events, true);
    calls.epoll_ctl(entry.epoll, EPOLL_CTL_MOD, listener, new Uint8Array(event.buffer));
  };
  return { close: () => waitFor(NOTHING), open: () => waitFor(entry.events) };
}

function entryOf(listener: number): Entry | null {
  for (const name of readdirSync(DESCRIPTORS)) {
    const found = isEpoll(name) ? lookIn(name, listener) : null;
    if (found !== null) return found;
  }
  return null;
}

function isEpoll(name: string): boolean {
  try {
    return readlinkSync(`${DESCRIPTORS}/${name}`) === EPOLL;
  } catch {
    return false; // the one that this folder was read by is closed
  }
}

function lookIn(epoll: string, listener: number): Entry | null {
  const lines = readFileSync(`/proc/self/fdinfo/${epoll}`, 'latin1');
  const match = new RegExp(`^tfd:\\s*${listener} events:\\s*([0-9a-f]+) data:\\s*([0-9a-f]+)`, 'm').exec(lines);
  const [, events, data] = match ?? [];
  if (events === undefined || data === undefined) return null;
  return { epoll: Number(epoll), events: Number.parseInt(events, 16), data: BigInt(`0x${data}`) };
}
