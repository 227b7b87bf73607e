// The listener that a request to be explained would come to: tenants may be served on some listeners only.
import { formatListenAddress } from '../config/listen-address.ts';
import type { Config, ListenerConfig } from '../config/schema.ts';
import { type Result, err, ok } from '../core/result.ts';

/** `name`: null: tenants cannot name it. */
export type AskedListener = { readonly name: string | null; readonly shown: string };

/** The named one, or else the one that the URL fits best: by its port, by its scheme, or the first. Null: no tenant asks
 * where a request comes in. The error is a sentence. */
export function askedListener(
  { listeners, tenants }: Config,
  url: string,
  wanted: string | null,
): Result<AskedListener | null, string> {
  if (wanted !== null) {
    const number = listeners.findIndex((one) => one.name === wanted || formatListenAddress(one.address) === wanted);
    if (number >= 0) return ok(found(listeners, number));
    const known = listeners.map((one) => one.name ?? formatListenAddress(one.address)).join(', ');
    return err(`there is no listener ${wanted}${known === '' ? '' : `; expected one of ${known}`}`);
  }
  if (listeners.length === 0 || tenants.every((tenant) => tenant.listeners === undefined)) return ok(null);
  return ok(found(listeners, bestFor(listeners, url)));
}

function found(listeners: readonly ListenerConfig[], number: number): AskedListener {
  const listener = listeners[number];
  const place = listener === undefined ? '' : formatListenAddress(listener.address);
  return { name: listener?.name ?? null, shown: listener?.name === undefined ? place : `${listener.name}, ${place}` };
}

function bestFor(listeners: readonly ListenerConfig[], url: string): number {
  const tls = /^https:/i.test(url);
  const port = Number(/^https?:\/\/[^/?#]*:(\d+)(?:[/?#]|$)/i.exec(url)?.[1] ?? (tls ? 443 : 80));
  const byPort = listeners.findIndex(({ address }) => address.port === port);
  return byPort >= 0
    ? byPort
    : Math.max(
        0,
        listeners.findIndex((one) => one.tls === tls),
      );
}
