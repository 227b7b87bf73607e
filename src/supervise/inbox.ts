// What workers report, brought to those who decide.
import type { GatewayCells } from '../core/gateway-cells.ts';
import type { Names } from '../discovery/names.ts';
import { NO_BODY } from '../message/local-handler.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { RequestView } from '../message/request-view.ts';
import type { CommonValues } from '../runtime/common-values.ts';
import type { Attached } from '../runtime/followers.ts';
import type { Evidence } from './messages.ts';
import type { WorkerEvents, WorkerProcess } from './worker-process.ts';

type Told = Parameters<WorkerEvents['told']>[1];

// The admin API gives no streams on the listeners of clients.
const NO_STREAM: LocalResponse = { status: 501, headers: [], body: new Uint8Array(0) };

export type InboxTools = {
  readonly cells: GatewayCells;
  readonly names: Names;
  readonly commons: CommonValues;
  /** The worker at a place; null: it has ended. */
  readonly workerAt: (place: number) => WorkerProcess | null;
  readonly doorsOf: (worker: WorkerProcess, doors: Extract<Told, { readonly kind: 'doors' }>['doors']) => void;
};

export class Inbox {
  constructor(
    private readonly attached: Attached,
    private readonly tools: InboxTools,
  ) {}

  take(worker: WorkerProcess, message: Told): void {
    switch (message.kind) {
      case 'evidence':
        for (const one of message.list) this.weigh(one);
        return;
      case 'limit':
        return this.attached.limitReached(message.limit);
      case 'trouble':
        return this.attached.trouble(message.trouble);
      case 'doubt':
        return this.tools.names.doubt(message.spec);
      case 'want':
        return this.tools.commons.wanted(message.key, message.reason);
      case 'common':
        return this.tellCommon(worker, message.key);
      case 'wake':
        return this.tools.workerAt(message.place)?.tell({ kind: 'wake', slot: message.slot });
      case 'certify':
        void this.certify(worker, message.name);
        return;
      case 'ask':
        void this.answer(worker, message);
        return;
      case 'live':
        return this.attached.live.add(message.taken);
      case 'counted':
        return this.attached.top.add(message.counted);
      case 'recent':
        return this.attached.recorder.recent.add(message.requests);
      case 'doors':
        return this.tools.doorsOf(worker, message.doors);
    }
  }

  /** A worker has ended, or has let go of what a reload took away: backends may have lost their last request by that. */
  settleEmptied(): void {
    const { slots } = this.attached;
    for (const { slot, inFlight } of slots.leaving) if (inFlight === 0) this.emptied(slot);
    for (const { slot, inFlight, obstacle } of slots.all)
      if (obstacle === 'draining' && inFlight === 0) this.emptied(slot);
  }

  /** Has the owner of standing look at the backends that have answered. */
  settleHeard(): void {
    this.tools.cells.backends.takeHeard((slot) => this.attached.standing.settle(slot));
  }

  private weigh(one: Evidence): void {
    const { standing } = this.attached;
    switch (one.kind) {
      case 'met':
        return standing.met(one.slot, one.why);
      case 'failed':
        return standing.failed(one.slot, one.code, one.witness);
      case 'answeredBadly':
        return standing.answeredBadly(one.slot, one.cause, one.witness);
      case 'emptied':
        return this.emptied(one.slot);
      case 'trialPassed':
      case 'fellSilent':
      case 'liftTrial':
        return standing[one.kind](one.slot);
    }
  }

  // The worker has seen its own requests only.
  private emptied(slot: Evidence['slot']): void {
    if (this.tools.cells.backends.inFlight(slot) > 0) return;
    this.attached.slots.emptied(slot);
    this.attached.standing.emptied(slot);
  }

  private tellCommon(worker: WorkerProcess, key: string): void {
    const value = this.tools.commons.current(key);
    if (value !== null) worker.tell({ kind: 'common', key, value });
  }

  // Where there is one, all workers have been told.
  private async certify(worker: WorkerProcess, name: string): Promise<void> {
    const until = await this.attached.certify(name);
    if (until !== null) worker.tell({ kind: 'certified', news: { kind: 'refused', name, until } });
  }

  private async answer(worker: WorkerProcess, { id, request }: Extract<Told, { readonly kind: 'ask' }>): Promise<void> {
    const response = await this.attached.admin.handle(RequestView.received(request), NO_BODY);
    worker.tell({ kind: 'answer', id, response: 'start' in response ? NO_STREAM : response });
  }
}
