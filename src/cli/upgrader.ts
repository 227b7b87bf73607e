// Has the program that is now where this one was started take the place of this process. Both serve for a moment, by the same
// sockets. Whatever goes wrong before the other one decides, this process goes on as if nothing had been.
import type { CertificateRenewal } from '../acme/renewal.ts';
import type { UpgradeOutcome } from '../admin/reload-control.ts';
import type { Descriptor, HandedSocket } from '../core/kernel-sockets.ts';
import { errorOf } from '../core/error-of.ts';
import { type Operator, describeOperator } from '../core/observer.ts';
import { type Result, err, ok } from '../core/result.ts';
import { millis } from '../core/units.ts';
import type { Gateway } from '../runtime/gateway.ts';
import type { StateKeeper } from '../state/keeper.ts';
import type { PastWatch } from '../state/past/past-watch.ts';
import type { World } from '../world.ts';
import type { StateFolder } from '../world/state-folder.ts';
import type { Charge } from './charge.ts';
import type { Reloader } from './reloader.ts';
import type { Service } from './service.ts';
import { Successor } from './successor.ts';

// How long each step may take. To get ready, the other process reads the configuration and probes the backends.
const TO_LOAD = millis(30_000);
const TO_GET_READY = millis(180_000);
const TO_SERVE = millis(60_000);
const TO_DECIDE = millis(10_000);

const FIRST_PROCESS = 1;
const ENDS = 'the gateway ends';

export type UpgradeTools = {
  readonly gateway: Gateway;
  readonly reloader: Reloader;
  /** Null: nothing is kept. */
  readonly keeper: StateKeeper | null;
  /** The same. */
  readonly past: PastWatch | null;
  /** Null: certificates are in files only. */
  readonly renewal: CertificateRenewal | null;
  readonly folder: StateFolder | null;
  readonly service: Service;
  readonly world: World;
  /** How many processes serve. */
  readonly workers: number;
  readonly charge: Charge;
  /** Says where others look that it is this process that has the place. */
  readonly sign: () => void;
};

/** The process that has taken the place of this one. `unused`: sockets that it does not listen on. */
export type Replacement = { readonly pid: number; readonly version: string; readonly unused: readonly Descriptor[] };

export class Upgrader {
  /** Resolves when another process has taken the place of this one. */
  readonly replaced: Promise<Replacement>;
  private readonly resolve: (replacement: Replacement) => void;
  private replacement: Replacement | null = null;
  private successor: Successor | null = null;
  private isAtWork = false;
  /** The gateway ends. */
  private isAbandoned = false;
  /** Resolves when nothing of an upgrade is left that has failed. */
  private settled: Promise<void> = Promise.resolve();

  constructor(private readonly tools: UpgradeTools) {
    const { promise, resolve } = Promise.withResolvers<Replacement>();
    this.replaced = promise;
    this.resolve = resolve;
  }

  /** Null: this process decides. */
  get replacedBy(): number | null {
    return this.replacement?.pid ?? null;
  }

  /** `by` null: a signal. */
  async upgrade(by: Operator | null): Promise<UpgradeOutcome> {
    const obstacle = this.obstacle();
    if (obstacle !== null) return this.refuse(obstacle);
    const { gateway, reloader } = this.tools;
    this.isAtWork = true;
    gateway.log('info', 'an upgrade begins', { source: by === null ? 'signal' : describeOperator(by) });
    // A reload in the midst of it would change what the other process has begun with.
    const replaced = await reloader
      .inTurn(() => this.replace())
      .finally(() => {
        this.isAtWork = false;
      });
    if (!replaced.ok) return this.refuse(replaced.error);
    this.resolve(replaced.value);
    const { pid, version } = replaced.value;
    return { kind: 'upgraded', pid, version };
  }

  /** The gateway ends: nobody is to take its place. Resolves when nobody will. */
  async abandon(): Promise<void> {
    this.isAbandoned = true;
    if (this.successor === null) return;
    this.successor.kill();
    await this.settled;
  }

  private obstacle(): string | null {
    if (process.pid === FIRST_PROCESS)
      return 'this is process 1 of a container, which ends with it: start a container of the new version beside this one, then stop this one';
    if (this.tools.world.sockets === null) return 'on this system sockets cannot be handed to another process';
    if (this.isAbandoned) return ENDS;
    if (this.isAtWork) return 'an upgrade is under way already';
    const { replacedBy } = this;
    return replacedBy === null ? null : `process ${replacedBy} has taken the place of this one already`;
  }

  private refuse(reason: string): UpgradeOutcome {
    this.tools.gateway.tell({ kind: 'upgrade_failed', detail: reason });
    return { kind: 'failed', reason };
  }

  private async replace(): Promise<Result<Replacement, string>> {
    // It has been told to end while a reload was at work.
    if (this.isAbandoned) return err(ENDS);
    const { gateway, folder, service, world } = this.tools;
    const { sockets } = gateway;
    const inherited = sockets.map(({ descriptor }) => descriptor);
    if (folder !== null) inherited.push(folder.lock);
    const environment = { ...process.env, ...service.environment };
    const started = Successor.start({ words: process.argv.slice(2), environment, inherited }, world.clock);
    if (!started.ok) return started;
    this.successor = started.value;
    const replacing = this.tryWith(started.value, sockets);
    this.settled = replacing.then(() => undefined);
    return await replacing;
  }

  private async tryWith(successor: Successor, sockets: readonly HandedSocket[]): Promise<Result<Replacement, string>> {
    const replaced = await this.bringUp(successor, sockets).catch((error: unknown) => err(errorOf(error).message));
    this.successor = null;
    // What it has said last may have come when it had been killed.
    if (replaced.ok && !this.isAbandoned) {
      this.replacement = replaced.value;
      return replaced;
    }
    successor.kill();
    this.takeBack();
    return err(`the new process could not take over: ${replaced.ok ? ENDS : replaced.error}`);
  }

  // The other one may have begun to decide.
  private takeBack(): void {
    const { charge, keeper, past, renewal, sign } = this.tools;
    if (charge.obstacle === null) return;
    charge.takeBack();
    sign();
    if (this.isAbandoned) return;
    keeper?.resume();
    past?.resume();
    renewal?.resume();
  }

  private async bringUp(successor: Successor, sockets: readonly HandedSocket[]): Promise<Result<Replacement, string>> {
    const { gateway, keeper, past, renewal, folder, service, workers, charge } = this.tools;
    const loaded = await successor.next('loaded', TO_LOAD);
    if (!loaded.ok) return loaded;
    const named = sockets.map(({ wanted, address }) => ({ wanted, address }));
    const own = { stateDirectory: folder?.path ?? null, workers, state: gateway.exportState() };
    successor.tell({ kind: 'begin', inheritance: { sockets: named, ...own } });
    const ready = await successor.next('ready', TO_GET_READY);
    if (!ready.ok) return ready;
    successor.tell({ kind: 'open' });
    const serving = await successor.next('serving', TO_SERVE);
    if (!serving.ok) return serving;
    charge.leaveTo(successor.pid);
    await Promise.all([keeper?.pause(), past?.pause(), renewal?.pause()]);
    successor.tell({ kind: 'decide', decisions: gateway.control.decisions() });
    const deciding = await successor.next('deciding', TO_DECIDE);
    if (!deciding.ok) return deciding;
    service.handOver(successor.pid);
    successor.tell({ kind: 'farewell' });
    const unused = serving.value.unused.flatMap((at) => sockets[at]?.descriptor ?? []);
    return ok({ pid: successor.pid, version: loaded.value.version, unused });
  }
}
