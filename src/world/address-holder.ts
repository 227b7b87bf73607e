// Who listens on an address (/proc/net, proc(5)). The kernel says which socket has it, and which processes have the socket; of
// processes of other users only their superuser is told.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { parseAddress } from '../core/cidr.ts';
import type { Holder, WantedAddress } from '../core/kernel-sockets.ts';

const LISTENS = '0A';
const ACCEPTS = '00010000'; // __SO_ACCEPTCON
const WORD = 8;

/** Null: nobody, or it is not to be found out. Of several processes it is the first that started: the others are its own. */
export function holderOf(wanted: WantedAddress): Holder | null {
  const inodes = wanted.kind === 'unix' ? inodesOfPath(wanted.path) : inodesOfPort(wanted.hostname, wanted.port);
  if (inodes.size === 0) return null;
  const pids = namesIn('/proc').filter((name) => /^\d+$/.test(name) && holdsOne(name, inodes));
  const [first] = pids.map(startOf).toSorted((one, other) => one.started - other.started);
  return first === undefined ? null : { pid: first.pid, name: textOf(`/proc/${first.pid}/comm`).trimEnd() };
}

type Inodes = ReadonlySet<string>;

function inodesOfPort(hostname: string | null, port: number): Inodes {
  const tables = [...rowsOf('/proc/net/tcp'), ...rowsOf('/proc/net/tcp6')];
  const found = tables.filter(([, local = '', , state]) => state === LISTENS && overlaps(local, hostname, port));
  return new Set(found.map((row) => row[9] ?? ''));
}

// 0100007F:1F90. The address is in words of the machine's byte order, the port is not.
function overlaps(local: string, hostname: string | null, port: number): boolean {
  const [address = '', digits = ''] = local.split(':');
  if (Number.parseInt(digits, 16) !== port) return false;
  const wanted = hostname === null ? null : parseAddress(hostname);
  // A name may stand for any address.
  if (wanted === null || /^0+$/.test(address) || wanted.every((byte) => byte === 0) || hostname === '0.0.0.0')
    return true;
  const bytes = Buffer.from(address, 'hex');
  for (let at = 0; at < bytes.length; at += WORD / 2) bytes.subarray(at, at + WORD / 2).reverse();
  return Buffer.from(wanted).subarray(-bytes.length).equals(bytes);
}

function inodesOfPath(path: string): Inodes {
  const found = rowsOf('/proc/net/unix').filter((row) => row[3] === ACCEPTS && row[7] === path);
  return new Set(found.map((row) => row[6] ?? ''));
}

function rowsOf(table: string): readonly (readonly string[])[] {
  return textOf(table)
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
}

function holdsOne(pid: string, inodes: Inodes): boolean {
  return namesIn(`/proc/${pid}/fd`).some((name) => {
    const [, inode = ''] = /^socket:\[(\d+)\]$/.exec(targetOf(`/proc/${pid}/fd/${name}`)) ?? [];
    return inodes.has(inode);
  });
}

function startOf(pid: string): { readonly pid: number; readonly started: number } {
  const stat = textOf(`/proc/${pid}/stat`);
  // The name of the program, in parentheses, may have spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { pid: Number(pid), started: Number(fields[19] ?? 0) };
}

// Processes end while we look, and some may not be looked into.
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
