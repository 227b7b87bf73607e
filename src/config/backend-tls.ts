// How a backend proves who it is: settings of a service, for private authorities and names.
import { z } from 'zod';
import { err } from '../core/result.ts';
import { flag, text } from '../core/settings.ts';
import { defaulted, optional } from '../core/described.ts';
import { filePath } from './fields.ts';
import { parseHostName } from './host-name.ts';

const serverName = text<string>({
  type: 'host name',
  expected: 'the name of a host, without a port',
  parse(value) {
    if (value.startsWith('[')) return err({ message: '{value} is in brackets, which no certificate has' });
    const host = parseHostName(value);
    // A port would not matter to hosts of requests, which the sentence goes on about.
    return host.ok ? host : err({ message: host.error.replace(/: requests match .*$/, '') });
  },
});

export const backendTls = z.strictObject({
  ca_file: optional(
    filePath,
    'PEM file with the certificates of the authorities that may vouch for the backend, instead of those of the system. It is read at the start and with each reload.',
  ),
  server_name: optional(
    serverName,
    'The name that is asked for (SNI) and that the certificate must be for. Absent: the host of the URL.',
  ),
  insecure_skip_verify: defaulted(
    flag,
    'Whether any certificate is taken, or one for another name. Whoever can answer in the place of the backend then reads and changes all that is sent.',
    { value: false, reason: 'TLS with an unknown peer protects from nobody who matters.' },
  ),
});

/** PEM texts of authorities by the names of their files. */
export type Authorities = ReadonlyMap<string, string>;
