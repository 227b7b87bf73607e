// Who is told of exchanges in a process that serves.
import type { GatewayCells } from '../core/gateway-cells.ts';
import type { ExchangeObserver } from '../message/record.ts';
import { TrafficCounter } from '../observe/metrics/traffic-counter.ts';
import { together } from '../observe/together.ts';

/** `observer`: of exchanges with clients; `ofOperators`: of those at the admin API's own address, which are no traffic. */
export function observersOf(
  { observers = [] }: { readonly observers?: readonly ExchangeObserver[] },
  { traffic }: Pick<GatewayCells, 'traffic'>,
  { recorder, live }: { readonly recorder: ExchangeObserver; readonly live: ExchangeObserver },
): { readonly observer: ExchangeObserver; readonly ofOperators: ExchangeObserver } {
  return {
    observer: together([recorder, new TrafficCounter(traffic), live, ...observers]),
    ofOperators: together([recorder, ...observers]),
  };
}
