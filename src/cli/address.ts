// `HOST:PORT` as typed: `:8080`, `127.0.0.1:8080`, `[::1]:8080`, `localhost:0`.

export type ListenAddress = { readonly hostname: string | null; readonly port: number };

/** Null: not an address. */
export function parseAddress(text: string): ListenAddress | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text);
  if (match === null) return null;
  const port = Number(match[3]);
  const hostname = match[1] ?? match[2] ?? '';
  return port > 65_535 ? null : { hostname: hostname === '' ? null : hostname, port };
}

/** The address as a URL that can be opened. */
export function formatUrl(hostname: string, port: number, isTls: boolean): string {
  const open = hostname === '::' || hostname === '0.0.0.0' ? 'localhost' : hostname;
  return `${isTls ? 'https' : 'http'}://${open.includes(':') ? `[${open}]` : open}:${port}`;
}
