// The outside as one parameter: clock, randomness, outgoing connections, programs, files, log output. Tests pass their own.
import { randomBytes } from 'node:crypto';
import type { AccessLogOutput } from './core/access-log-settings.ts';
import type { RotateSettings } from './core/rotate-settings.ts';
import type { SeenFiles } from './config/seen-files.ts';
import type { ConfigFiles } from './config/files.ts';
import type { Call, CallResult, Caller } from './core/caller.ts';
import type { Clock } from './core/clock.ts';
import { errorCode } from './core/connect-failure.ts';
import type { Connector } from './core/connector.ts';
import type { Descriptors } from './core/descriptors.ts';
import type { Dial } from './core/dial.ts';
import type { LogSink } from './core/log-sink.ts';
import type { StandardPlace } from './core/standard-place.ts';
import type { KernelOutput } from './core/kernel-output.ts';
import type { KernelSockets } from './core/kernel-sockets.ts';
import type { Command, RunResult, Runner } from './core/runner.ts';
import { type Bytes, type Millis, bytes as byteCount, millis } from './core/units.ts';
import type { Lookup, LookupSettings } from './discovery/contract.ts';
import { createConnector } from './world/connect.ts';
import { createDescriptors } from './world/descriptors.ts';
import { createDial } from './world/dial.ts';
import { createLookup } from './world/dns.ts';
import { FileWatch } from './world/file-watch.ts';
import { findFiles } from './world/find-files.ts';
import { stampOf } from './world/look-at-files.ts';
import { kernelSockets } from './world/kernel-sockets.ts';
import { openLogSink } from './world/log-sinks.ts';
import { rotateLog } from './world/rotate-log.ts';
import { machineTime } from './world/monotonic.ts';
import { readFile } from './world/read-file.ts';
import { resolverFiles } from './world/resolver-files.ts';
import { standardPlace } from './world/standard-places.ts';
import { shortageAt, shortageOfSpawn } from './world/shortage.ts';
import { acknowledge, hasUnread, peerHasEnded } from './world/socket-input.ts';
import { createKernelOutput } from './world/socket-output.ts';

const SECRET_BYTES = 32;

export type World = {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** A new secret each time, which cannot be guessed. */
  readonly secret: () => string;
  /** Opens the connections of checks. */
  readonly connect: Connector;
  /** Opens the sockets of traffic. */
  readonly dial: Dial;
  /** Makes HTTP/2 calls. */
  readonly call: Caller;
  /** Runs a task when the events at hand are dealt with. */
  readonly afterEvents: (task: () => void) => void;
  /** The memory that this process uses. */
  readonly residentBytes: () => Bytes;
  /** The processor time that this process has used. */
  readonly processorTime: () => Millis;
  /** What the thread of the event loop has used of it. */
  readonly loopTime: () => Millis;
  /** What this process may have open. */
  readonly descriptors: Descriptors;
  /** Sets how much output the kernel keeps for a slow peer. */
  readonly kernel: KernelOutput;
  /** Makes sockets that listen, for other processes as well. Null: not on this system. */
  readonly sockets: KernelSockets | null;
  /** True if the peer of a socket has sent FIN, or a reset: while the socket is paused, the runtime does not tell. False as well where
   * the system does not tell either. */
  readonly peerHasEnded: (socket: object) => boolean;
  /** True if bytes have come over a socket that the runtime has not read yet. False as well where the system does not tell. */
  readonly hasUnread: (socket: object) => boolean;
  /** Has the kernel tell the peer of a socket at once that its bytes have come. */
  readonly acknowledge: (socket: object) => void;
  /** Resolves names. */
  readonly lookup: (settings: LookupSettings) => Lookup;
  readonly run: Runner;
  /** Reads at most `limit` + 1 bytes, so that the caller can tell a file that is too large without reading all of it.
   * Rejects for what is no file, and for one that is not read in time; see world/read-file.ts. */
  readonly readFile: (path: string, limit: Bytes) => Promise<Uint8Array>;
  /** Finds the files that a glob means; see world/find-files.ts. */
  readonly findFiles: ConfigFiles['findFiles'];
  /** What the system says of a file; see world/look-at-files.ts. */
  readonly stampOf: (path: string) => Promise<string>;
  /** Has files read again when they change. */
  readonly watchFiles: (seen: SeenFiles, reload: () => Promise<unknown>) => Pick<FileWatch, 'follow' | 'stop'>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Opens the place where an access log goes. */
  readonly openLogSink: (output: AccessLogOutput) => LogSink;
  /** Sets a file of a log aside if it is due; see world/rotate-log.ts. */
  readonly rotateLog: (path: string, settings: RotateSettings, wall: number) => Promise<void>;
  /** The standard output or the standard error of this process. */
  readonly standard: (kind: 'stdout' | 'stderr') => StandardPlace;
  /** Takes the lines of the log. Null: they go where the configuration says. */
  readonly writeLog: ((line: string) => void) | null;
};

/** The world of this process. */
export function realWorld(): World {
  const descriptors = createDescriptors();
  return {
    clock: systemClock,
    random: Math.random,
    secret: () => randomBytes(SECRET_BYTES).toString('base64url'),
    connect: createConnector(descriptors),
    dial: createDial(descriptors),
    call: (request) => call(request, descriptors),
    afterEvents: (task) => void setImmediate(task),
    residentBytes: () => byteCount(process.memoryUsage.rss()),
    processorTime: () => inMillis(process.cpuUsage()),
    loopTime: () => inMillis(process.threadCpuUsage()),
    descriptors,
    kernel: createKernelOutput(),
    sockets: kernelSockets(),
    peerHasEnded,
    hasUnread,
    acknowledge,
    lookup: (settings) => createLookup(settings, resolverFiles(readText)),
    run,
    readFile,
    findFiles,
    stampOf,
    watchFiles,
    environment: process.env,
    openLogSink,
    rotateLog,
    standard: standardPlace,
    writeLog: null,
  };
}

function watchFiles(seen: SeenFiles, reload: () => Promise<unknown>): FileWatch {
  const watch = new FileWatch(seen, { clock: systemClock, reload });
  void watch.run();
  return watch;
}

// Loaded when first needed: loading the runtime's HTTP/2 takes tens of milliseconds, and every command would wait for it.
async function call(request: Call, descriptors: Descriptors): Promise<CallResult> {
  const http2 = await import('./world/http2-call.ts');
  const result = await http2.call(request);
  const shortage = result.kind === 'unreachable' ? shortageAt(request.address, descriptors) : null;
  if (shortage !== null) throw shortage;
  return result;
}

// setTimeout holds 31 bits; a longer delay fires at once, so that a timer of a month that is set again would keep a core
// busy. Cut to 24 days, it fires early, and its owner sets it again.
const LONGEST_TIMER = 2 ** 31 - 1;

const systemClock: Clock = {
  now: machineTime(),
  wall: () => Date.now(),
  after(delay: Millis, task: () => void): () => void {
    const timer = setTimeout(task, Math.min(delay, LONGEST_TIMER));
    return () => clearTimeout(timer);
  },
  every(interval: Millis, task: () => void): () => void {
    const timer = setInterval(task, interval);
    return () => clearInterval(timer);
  },
};

// Hosts files that block advertisers have some 100,000 lines.
const LARGEST_RESOLVER_FILE = byteCount(8 * 1024 * 1024);

async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await readFile(path, LARGEST_RESOLVER_FILE));
}

// What a program needs to find other programs and its files. The gateway's other variables may hold secrets.
const INHERITED = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];
const MAX_OUTPUT_BYTES = 4096;
// Of each stream. What is beyond the beginning is read only so that the program does not block; a program that writes
// without end would keep a core busy with that.
const MOST_READ_BYTES = 16 * 1024 * 1024;
// How long to read a program's output after its end. Only a child that has left its process group can still hold it open.
const OUTPUT_GRACE = millis(100);
const KILLED: RunResult = { kind: 'killed', signal: 'SIGKILL' };

async function run({ words, environment, signal }: Command): Promise<RunResult> {
  if (signal.aborted) return KILLED;
  const inherited = Object.fromEntries(INHERITED.map((name) => [name, process.env[name]]));
  let child: Bun.Subprocess<'ignore', 'pipe', 'pipe'>;
  try {
    const env = { ...inherited, ...environment };
    child = Bun.spawn([...words], { env, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe', detached: true });
  } catch (error) {
    const shortage = shortageOfSpawn(error);
    if (shortage !== null) throw shortage;
    return { kind: 'failed', reason: errorCode(error) ?? String(error) };
  }
  const aborted = Promise.withResolvers<null>();
  const abort = (): void => {
    // Kill within the call: a gateway that is ending may have no later turn of the event loop.
    killGroup(child.pid);
    aborted.resolve(null);
  };
  signal.addEventListener('abort', abort);
  const output = [new Beginning(child.stdout, abort), new Beginning(child.stderr, abort)];
  const code = await Promise.race([child.exited, aborted.promise]);
  signal.removeEventListener('abort', abort);
  if (code === null) return output.some(({ isTooLong }) => isTooLong) ? { kind: 'too_loud' } : KILLED;
  // Kill what the program has left running: it would hold the output open, and its number would grow with every run.
  killGroup(child.pid);
  const ends = Promise.all(output.map((stream) => stream.ended));
  await Promise.race([ends, new Promise((resolve) => setTimeout(resolve, OUTPUT_GRACE))]);
  if (child.signalCode !== null) return { kind: 'killed', signal: String(child.signalCode) };
  return { kind: 'exited', code, output: output.map((stream) => stream.text).join('\n') };
}

// A detached program leads a process group of its own, whose number is its process id.
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // No process of the group is left.
  }
}

/** Reads a stream to its end, so that its writer does not block, and keeps only its beginning. */
class Beginning {
  readonly ended: Promise<void>;
  isTooLong = false;
  private readonly kept: Uint8Array[] = [];
  private length = 0;

  constructor(
    stream: ReadableStream<Uint8Array>,
    private readonly endWriter: () => void,
  ) {
    // A stream that fails has ended.
    this.ended = this.read(stream).catch(() => {});
  }

  get text(): string {
    return new TextDecoder().decode(Buffer.concat(this.kept).subarray(0, MAX_OUTPUT_BYTES));
  }

  private async read(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const chunk of stream) {
      if (this.length < MAX_OUTPUT_BYTES) this.kept.push(chunk);
      this.length += chunk.length;
      if (this.length > MOST_READ_BYTES) {
        this.isTooLong = true;
        this.endWriter();
        return;
      }
    }
  }
}

function inMillis({ user, system }: NodeJS.CpuUsage): Millis {
  return millis((user + system) / 1000);
}
