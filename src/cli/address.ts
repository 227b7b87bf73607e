// How a command learns which address to listen on, and how addresses are shown to people.
import { type ListenAddress, nearestAddress, parseListenAddress } from '../config/listen-address.ts';
import { type Result, err, ok } from '../core/result.ts';
import { type CommandInput, type CommandOption, typed, variable } from './contract.ts';

/** Where the gateway listens if nobody says where. */
export const DEFAULT_ADDRESS: ListenAddress = { hostname: null, port: 8080 };

export const ADDRESS_OPTION: CommandOption = {
  name: 'addr',
  short: 'a',
  value: 'HOST:PORT',
  summary:
    'where to listen (default: $KEYSTONE_ADDR, or port $GATEWAY_PORT, or the listeners of the configuration, or :8080)',
};

/** The address that was asked for by --addr or a variable; null: none was. The error is a sentence for people. */
export function wantedAddress(input: CommandInput): Result<ListenAddress | null, string> {
  const { environment } = input;
  const text = typed(input, 'addr') ?? variable(environment, 'KEYSTONE_ADDR');
  if (text !== null) {
    const address = parseListenAddress(text);
    if (address !== null) return ok(address);
    const meant = nearestAddress(text);
    const guess = meant === null ? '' : ` (did you mean ${meant}?)`;
    return err(`${JSON.stringify(text)} is not an address; expected HOST:PORT such as 127.0.0.1:8080 or :8080${guess}`);
  }
  // The original's variable.
  const port = variable(environment, 'GATEWAY_PORT');
  if (port === null) return ok(null);
  const address = /^\d+$/.test(port) ? parseListenAddress(`:${port}`) : null;
  if (address !== null) return ok(address);
  return err(`GATEWAY_PORT is ${JSON.stringify(port)}; expected a port such as 8080`);
}

/** The address as a URL that can be opened. */
export function formatUrl(hostname: string, port: number, isTls: boolean): string {
  const open = hostname === '::' || hostname === '0.0.0.0' ? 'localhost' : hostname;
  return `${isTls ? 'https' : 'http'}://${open.includes(':') ? `[${open}]` : open}:${port}`;
}
