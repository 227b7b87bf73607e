// Name and password as a request shows them (RFC 7617).

export type BasicCredentials = { readonly name: string; readonly password: string };

/** What stands behind the word Basic. Null: it is not well formed. */
export function parseBasic(credentials: string): BasicCredentials | null {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(credentials)) return null;
  let decoded: string;
  try {
    const bytes = Buffer.from(credentials, 'base64');
    decoded = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
  const colon = decoded.indexOf(':');
  return colon < 0 || /\p{Cc}/u.test(decoded)
    ? null
    : { name: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}
