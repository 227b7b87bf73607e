// Addresses for people.
import type { ListenAddress } from '../config/fields.ts';

/** Where the gateway listens if nobody says where. */
export const DEFAULT_ADDRESS: ListenAddress = { hostname: null, port: 8080 };

/** The address as a URL that can be opened. */
export function formatUrl(hostname: string, port: number, isTls: boolean): string {
  const open = hostname === '::' || hostname === '0.0.0.0' ? 'localhost' : hostname;
  return `${isTls ? 'https' : 'http'}://${open.includes(':') ? `[${open}]` : open}:${port}`;
}
