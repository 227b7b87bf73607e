// Hosts of a gateway that speaks TLS, as clients see them.
import { type TLSSocket, connect } from 'node:tls';
import type { GatewayProcess } from './gateway-process.ts';
import { until } from './until.ts';

/** A tenant that answers by itself. */
export function tenant(name: string, domains: readonly string[], more = ''): string {
  const hosts = domains.map((one) => `"${one}"`).join(', ');
  return `  - name: ${name}\n    domains: [${hosts}]\n    services: []\n    routes: [{ match: { path_prefix: / }, static: { body: "${name}\\n" } }]\n${more}`;
}

export async function open(port: number, servername = '', more: object = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false, ...more });
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  return socket;
}

/** The first name of the certificate that a new connection is shown; or why there is none. */
export async function shownTo(port: number, servername = '', more: object = {}): Promise<string> {
  try {
    const socket = await open(port, servername, more);
    const { CN } = socket.getPeerCertificate().subject;
    socket.destroy();
    return String(CN);
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

export async function ask(socket: TLSSocket, host: string, path = '/'): Promise<number> {
  const answered = new Promise<number>((resolve, reject) => {
    socket.once('data', (bytes: Buffer) => resolve(Number(bytes.toString('latin1').split(' ')[1])));
    socket.once('error', reject).once('close', () => reject(new Error('it was closed')));
  });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return await answered;
}

/** The certificates of all processes that serve: new connections go now to one, now to another. */
export async function shownByAll(gateway: GatewayProcess, name: string, servername: string): Promise<void> {
  await until(async () => {
    const shown = await Promise.all(Array.from({ length: 8 }, () => shownTo(gateway.port, servername)));
    return shown.every((one) => one === name);
  }, `${servername} is shown ${name}`);
}
