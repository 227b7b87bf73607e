// Addresses for people.

/** The address as a URL that can be opened. */
export function formatUrl(hostname: string, port: number, isTls: boolean): string {
  const open = hostname === '::' || hostname === '0.0.0.0' ? 'localhost' : hostname;
  return `${isTls ? 'https' : 'http'}://${open.includes(':') ? `[${open}]` : open}:${port}`;
}
