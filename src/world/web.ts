// Asks a web server outside, such as a certificate authority, by the runtime's own client. It follows no redirect, and takes so much
// of an answer.
import type { WebAnswer, WebRequest } from '../core/web.ts';

/** A chain of certificates has a few KiB. */
const MOST_BYTES = 1024 * 1024;

/** `ca`: PEM of the authorities that may vouch for it, instead of those of the system; null: those of the system. */
export function webClient(ca: string | null): (request: WebRequest) => Promise<WebAnswer> {
  return async ({ url, method, fields, body, signal }) => {
    const headers = { 'User-Agent': 'keystone-gateway', ...fields };
    const tls = ca === null ? {} : { tls: { ca } };
    const answer = await fetch(url, { method, headers, body, signal, redirect: 'manual', keepalive: false, ...tls });
    const { status } = answer;
    return { status, field: (name) => answer.headers.get(name), text: await textOf(answer.body) };
  };
}

async function textOf(body: ReadableStream<Uint8Array> | null): Promise<string> {
  if (body === null) return '';
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    size += read.value.length;
    if (size > MOST_BYTES) {
      await reader.cancel();
      throw new Error('the answer has more than 1 MiB');
    }
    parts.push(read.value);
  }
  return new TextDecoder().decode(Buffer.concat(parts));
}
