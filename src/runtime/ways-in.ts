// What listeners work with: those of clients, of which one may have routes of its own, and that of the admin API.
import type { AdminApi } from './admin-api.ts';
import type { Entrance } from '../admin/access.ts';
import { ConnectionCells } from '../core/connection-cells.ts';
import { DateLine } from '../core/http-date.ts';
import { TurnClock } from '../core/turn.ts';
import type { NamesServed } from '../forward/decided.ts';
import type { FailedRequest } from '../forward/exchange-tools.ts';
import { Exchanges } from '../forward/exchanges.ts';
import type { SnapshotStore } from '../forward/snapshot.ts';
import type { OwnMarks } from '../message/own-marks.ts';
import { NO_TRACING, type TracingRules } from '../message/tracing-rules.ts';
import type { ListenerTools } from '../listen/contract.ts';
import type { ReportingDoor } from '../listen/door-counts.ts';
import type { ExchangeObserver } from '../message/record.ts';
import { storeOf } from './admin-api.ts';
import type { InForce } from './apply.ts';
import type { Basics } from './basics.ts';

/** Whom the listeners lead to. */
export type Serving = {
  readonly doors: Set<ReportingDoor>;
  readonly store: SnapshotStore;
  readonly inForce: InForce;
  readonly deciding: {
    readonly adminApi: AdminApi;
    /** A request of a tenant has failed. */
    readonly requestFailed: (failed: FailedRequest) => void;
  };
  /** What TLS clients are served with; null: nothing. */
  readonly names: NamesServed | null;
  readonly marks: OwnMarks;
  readonly connectionCells: ConnectionCells;
  readonly handshaken: ListenerTools['handshaken'];
  readonly leaveCrumb: (crumb: number) => void;
  readonly observer: ExchangeObserver;
  readonly ofOperators: ExchangeObserver;
  readonly tracing: TracingRules;
};

export type WaysIn = {
  readonly listening: ListenerTools;
  /** The same for the listener of that key, which may have routes of its own. */
  readonly listeningAt: (key: string) => ListenerTools;
  /** What the listener of the admin API uses. */
  readonly adminListening: (entrance: Entrance) => ListenerTools;
};

export function waysIn(basics: Basics, serving: Serving): WaysIn {
  const { store, deciding } = serving;
  return {
    listening: listenerTools(basics, serving),
    listeningAt: (key) => {
      const own = store.ofListener(key);
      return { ...listenerTools(basics, { ...serving, store: own }), ended: () => own.release() };
    },
    adminListening: (entrance) =>
      adminListenerTools(basics, {
        ...serving,
        store: storeOf(deciding.adminApi.behind(entrance)),
        doors: new Set<ReportingDoor>(),
        // Only one process listens there.
        connectionCells: new ConnectionCells(),
        handshaken: () => undefined,
        observer: serving.ofOperators,
        tracing: NO_TRACING,
      }),
  };
}

function listenerTools(basics: Basics, serving: Serving): ListenerTools {
  const { clock, random, descriptors, sockets, peerHasEnded, hasUnread, acknowledge } = basics.world;
  const { wheel, atEnd, sending, turns, overload, watch, arrivals, ids } = basics;
  const { reportBug, reportFailure, reportPolicyFault, warn, debug } = basics.reports;
  const { store, inForce, deciding, names, doors, connectionCells, handshaken } = serving;
  const { marks, leaveCrumb, observer, tracing } = serving;
  const turnClock = new TurnClock(clock, atEnd);
  const exchanges = new Exchanges({
    store,
    names,
    clock,
    turnClock,
    wheel,
    overload,
    observer,
    ids,
    marks,
    tracing,
    random,
    reportBug,
    reportPolicyFault,
    leaveCrumb,
    reportFailure(failed) {
      reportFailure(failed, ids);
      deciding.requestFailed(failed);
    },
  });
  const seesReasons: ListenerTools['seesReasons'] = (head, client) =>
    inForce.plan.gateway.publicDetails || (head !== null && deciding.adminApi.isOperator(head, client));
  const trusted = () => inForce.plan.gateway.trustedProxies;
  const date = new DateLine(clock);
  const told = { peerHasEnded, hasUnread, acknowledge, seesReasons };
  const outside = { descriptors, sockets, ...told, connectionCells, handshaken, ended: () => undefined };
  const shared = { atEnd, sending, turns, watch, arrivals };
  return { wheel, exchanges, reportBug, warn, debug, doors, ids, marks, date, trusted, ...shared, ...outside };
}

// Only the socket says who the peer is, and no authority of certificates asks here.
function adminListenerTools(basics: Basics, serving: Serving): ListenerTools {
  return { ...listenerTools(basics, { ...serving, names: null }), trusted: () => [] };
}
