// What a service manager is told of a gateway, from its start to its end.
import { backendCountOf, wellCountOf } from '../admin/status.ts';
import type { Clock } from '../core/clock.ts';
import { millis } from '../core/units.ts';
import type { Gateway } from '../runtime/gateway.ts';
import type { ServiceManager } from '../world/service-manager.ts';

// Somebody reads it with `systemctl status`, now and then.
const BETWEEN_STATUS = millis(10_000);
const MICROSECONDS = 1000;

export type ServiceTools = {
  /** Null: nobody wants to be told. */
  readonly manager: ServiceManager | null;
  readonly clock: Clock;
  /** What it has told this process, for the one that takes its place. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
};

type Served = Pick<Gateway, 'snapshot'>;

export class Service {
  private readonly endings: (() => void)[] = [];
  private status = '';
  private reloads = 0;
  private isStopping = false;

  constructor(private readonly tools: ServiceTools) {}

  /** The gateway serves. */
  serving(gateway: Served): void {
    const { manager, clock } = this.tools;
    if (manager === null) return;
    this.status = describe(gateway);
    manager.tell(['READY=1', `MAINPID=${process.pid}`, `STATUS=${this.status}`]);
    this.endings.push(clock.every(BETWEEN_STATUS, () => this.tellStatus(describe(gateway))));
    if (manager.watchdog === null) return;
    // From the event loop: one that hangs tells nothing, and the manager ends the process.
    this.endings.push(clock.every(millis(manager.watchdog / 2), () => manager.tell(['WATCHDOG=1'])));
  }

  /** Runs a reload, and tells when it begins and ends, whatever comes of it. */
  async reloading<T>(reload: () => Promise<T>): Promise<T> {
    const { manager, clock } = this.tools;
    // The manager compares the time with its own, so that it cannot take an earlier reload for the one that it has asked for.
    const now = Math.round(clock.now() * MICROSECONDS);
    if (!this.isStopping) manager?.tell(['RELOADING=1', `MONOTONIC_USEC=${now}`]);
    this.reloads++;
    try {
      return await reload();
    } finally {
      this.reloads--;
      if (this.reloads === 0 && !this.isStopping) manager?.tell(['READY=1']);
    }
  }

  /** The gateway takes no new requests any more. The watchdog hears from it until the process ends. */
  stopping(): void {
    this.isStopping = true;
    this.tools.manager?.tell(['STOPPING=1', 'STATUS=Finishing what is in flight']);
  }

  /** Variables by which another process finds the manager. */
  get environment(): Readonly<Record<string, string | undefined>> {
    return this.tools.environment ?? {};
  }

  /** Another process is the service from here on, and the only one that tells of it. */
  handOver(pid: number): void {
    this.isStopping = true;
    this.tools.manager?.tell([`MAINPID=${pid}`]);
    this.stop();
  }

  stop(): void {
    for (const end of this.endings) end();
  }

  private tellStatus(status: string): void {
    if (status === this.status || this.isStopping) return;
    this.status = status;
    this.tools.manager?.tell([`STATUS=${status}`]);
  }
}

function describe({ snapshot: { sites } }: Served): string {
  const total = sites.reduce((count, { current }) => count + backendCountOf(current), 0);
  const well = sites.reduce((count, { current }) => count + wellCountOf(current), 0);
  return `Serving ${counted(sites.length, 'tenant')}, ${well} of ${counted(total, 'backend')} well`;
}

/** `1 tenant`, `2 tenants`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
