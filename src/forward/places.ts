// Finds the fields of a message that name places, and has them changed (map-back.ts).
import { latin1 } from '../message/bytes.ts';
import type { ClientFacts, RewrittenTarget } from '../message/contract.ts';
import { type Edits, requestEdit, responseEdit, whyNoEdit } from '../message/edits.ts';
import { CONTENT_LOCATION, LOCATION, SET_COOKIE } from '../message/field-names.ts';
import { fieldValue } from '../message/field-value.ts';
import type { Head } from '../message/head.ts';
import type { Backend } from '../pools/backend.ts';
import type { Tenant } from './snapshot.ts';
import { type Way, mapCookie, mapDestination, mapLocation } from './map-back.ts';

/** A request on its way to a backend. */
type Asked = {
  readonly head: Head;
  readonly strip: number;
  readonly rewritten: RewrittenTarget | null;
  readonly client: ClientFacts;
};

export function wayOf({ head, strip, rewritten, client }: Asked, { origin, options }: Backend): Way {
  const moved = rewritten === null ? null : rewritten.moved;
  return {
    prefix: moved === null ? latin1(head.bytes, head.pathStart, head.pathStart + strip) : moved.prefix,
    basePath: moved === null ? options.url.base_path : options.url.base_path + moved.base,
    ownAuthority: options.url.authority,
    ownScheme: options.url.tls ? 'https' : 'http',
    seesOwnHost: origin.ownHost,
    host: client.claims?.forwardedHost ?? latin1(head.bytes, head.hostStart, head.hostEnd),
    scheme: client.isTls ? 'https' : 'http',
  };
}

type Mapped = { readonly name: string; readonly map: (value: string, way: Way) => string };

const MAPPED = new Map<number, Mapped>([
  [LOCATION, { name: 'Location', map: mapLocation }],
  [CONTENT_LOCATION, { name: 'Content-Location', map: mapLocation }],
  [SET_COOKIE, { name: 'Set-Cookie', map: mapCookie }],
]);

/** Changes the places in a response. What cannot be written stays as it is. */
export function mapPlaces(head: Head, way: Way, edits: Edits<'response'>): void {
  for (let f = 0; f < head.count; f++) {
    const mapped = MAPPED.get(head.kinds[f]);
    if (mapped === undefined || edits.removes(head, f)) continue;
    const value = latin1(head.bytes, head.fields[f * 4 + 2], head.fields[f * 4 + 3]);
    const text = mapped.map(value, way);
    if (text === value || whyNoEdit('response', mapped.name, text) !== null) continue;
    edits.replace(head, f, responseEdit.append(mapped.name, text));
  }
}

/** Changes the Destination of a request. It is set also where it is as it came: another backend may have been asked before. */
export function mapDestinations(
  asked: Asked & { readonly tenant: Tenant | null },
  backend: Backend,
  edits: Edits<'request'>,
): void {
  const value = fieldValue(asked.head, 'destination');
  if (value === null || asked.tenant === null || !asked.tenant.mapsBack) return;
  const text = mapDestination(value, wayOf(asked, backend));
  if (whyNoEdit('request', 'Destination', text) === null) edits.add(requestEdit.set('Destination', text));
}
