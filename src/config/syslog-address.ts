// Where a syslog daemon takes messages.
import { isIP } from 'node:net';
import type { SyslogAddress } from '../core/access-log-settings.ts';

const LOCAL = '/dev/log';
const USUAL_PORT = 514;

/** `syslog`, `syslog:/run/log.sock`, `syslog://192.0.2.1:514`; null: it is none of them. */
export function syslogAddress(text: string): SyslogAddress | null {
  if (text === 'syslog') return { kind: 'unix', path: LOCAL };
  const [, path] = /^syslog:(\/(?!\/).+)$/.exec(text) ?? [];
  if (path !== undefined) return { kind: 'unix', path };
  const [, bracketed, plain, port] = /^syslog:\/\/(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const hostname = bracketed ?? plain ?? '';
  const number = port === undefined ? USUAL_PORT : Number(port);
  return isIP(hostname) === 0 || number < 1 || number > 65_535 ? null : { kind: 'udp', hostname, port: number };
}
