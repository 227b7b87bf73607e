// The gateway that serves for a long time: its configuration, which changes all the time, and its processes.
import { readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { partsOf } from '../cpu.ts';
import { waitUntilServing } from '../network.ts';
import { freePort } from '../../../test/support/ports.ts';
import type { Child, Stage } from '../processes.ts';

/** Writes the text of a configuration. `round`: how often it has been changed. */
export type Configuration = (round: number, ports: Ports) => string;

export type Ports = { readonly main: number; readonly admin: number; readonly spare: readonly number[] };

const PROGRAM = fileURLToPath(new URL('../../../bin/keystone', import.meta.url));
const WORKER = 'keystone worker';
const BROKEN = 'tenants: [ { name: broken';
const SMALL = 1024;
// Of the lines in /proc/net/tcp: proc(5).
const [LOCAL, REMOTE, INODE] = [1, 2, 9];

export class SoakGateway {
  /** The eldest worker, which nobody ends: what it loses shows after a long time only. */
  readonly eldest: number;

  private constructor(
    private readonly child: Child,
    private readonly file: string,
    readonly ports: Ports,
    private readonly configuration: Configuration,
  ) {
    this.eldest = Math.min(...this.workers);
  }

  /** Starts it, and waits until it serves. */
  static async start(stage: Stage, workers: string, configuration: Configuration): Promise<SoakGateway> {
    const ports = { main: freePort(), admin: freePort(), spare: [freePort(), freePort()] };
    const file = join(stage.directory, 'keystone.yaml');
    writeFileSync(file, configuration(0, ports));
    const argv = [PROGRAM, 'run', '-c', file, '--workers', workers];
    const shell = ['sh', '-c', 'ulimit -n "$(ulimit -Hn)" && exec "$@"', 'sh'];
    const environment = { XDG_STATE_HOME: stage.directory };
    const child = stage.start({ argv: [...shell, ...argv], core: null, environment });
    await waitUntilServing(child, `http://127.0.0.1:${ports.main}/1k`, SMALL);
    return new SoakGateway(child, file, ports, configuration);
  }

  get supervisor(): number {
    return this.child.pid;
  }

  get workers(): readonly number[] {
    return partsOf(this.child.pid)
      .filter(({ name }) => name === WORKER)
      .map(({ pid }) => pid);
  }

  /** The end of what it has written. */
  get log(): string {
    return this.child.output();
  }

  /** Has it read another configuration, and returns what has come of it. */
  async reload(round: number): Promise<string> {
    writeFileSync(this.file, this.configuration(round, this.ports));
    return await this.readAgain();
  }

  /** Has it read a file that is broken. */
  async reloadBroken(): Promise<string> {
    writeFileSync(this.file, BROKEN);
    return await this.readAgain();
  }

  private async readAgain(): Promise<string> {
    const response = await fetch(this.admin('reload'), { method: 'POST' });
    const answer = await response.text();
    return /"kind":\s*"(\w+)"/.exec(answer)?.[1] ?? answer;
  }

  /** The address of something that its admin API tells. */
  admin(path: string): string {
    return `http://127.0.0.1:${this.ports.admin}/admin/${path}`;
  }

  /** Kills a worker, and returns from which ports it was serving clients. */
  kill(pid: number): readonly number[] {
    // Nothing comes or goes while it is stopped, so that it is known what is lost with it.
    process.kill(pid, 'SIGSTOP');
    const clients = this.clientsOf(pid);
    process.kill(pid, 'SIGKILL');
    return clients;
  }

  private clientsOf(pid: number): readonly number[] {
    const own = new Set(socketsOf(pid));
    return readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => own.has(fields[INODE]) && portOf(fields[LOCAL]) === this.ports.main)
      .map((fields) => portOf(fields[REMOTE]));
  }
}

function portOf(address: string): number {
  return Number.parseInt(address.split(':')[1] ?? '', 16);
}

function socketsOf(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((name) => {
    const socket = /^socket:\[(\d+)\]$/.exec(readlinkSync(join(folder, name)))?.[1];
    return socket === undefined ? [] : [socket];
  });
}
