// A page that a client gets in place of an error: its places are filled for each request. Braces of other kinds, as in style
// sheets, are no places.
import { reasonPhrase } from '../../http1/reason-phrase.ts';

/** What a page is if nobody says otherwise. */
export const HTML = 'text/html; charset=utf-8';

/** What the places of a page stand for. */
export type PlaceTexts = {
  readonly status: number;
  readonly requestId: string;
  readonly host: string;
};

const PLACE = /\{(status|reason|request_id|host)\}/g;
const encoder = new TextEncoder();

export class Page {
  /** Null: nothing of it depends on the request. */
  private readonly source: string | null;
  private readonly fixed: Uint8Array;

  constructor(
    text: string,
    readonly type: string,
  ) {
    this.source = text.search(PLACE) < 0 ? null : text;
    this.fixed = this.source === null ? encoder.encode(text) : new Uint8Array(0);
  }

  bytesFor(texts: PlaceTexts): Uint8Array {
    const { source, type } = this;
    if (source === null) return this.fixed;
    const write = writerFor(mediaTypeOf(type));
    return encoder.encode(source.replace(PLACE, (_, place: string) => write(textOf(place, texts))));
  }
}

/** In lower case, without its parameters. */
export function mediaTypeOf(type: string): string {
  const [media = ''] = type.split(';', 1);
  return media.trim().toLowerCase();
}

function textOf(place: string, { status, requestId, host }: PlaceTexts): string {
  switch (place) {
    case 'status':
      return String(status);
    case 'reason':
      return reasonPhrase(status);
    case 'host':
      return host;
    default:
      return requestId;
  }
}

// Clients choose hosts, and trusted peers ids of requests: neither may become a part of the page's own language.
function writerFor(media: string): (text: string) => string {
  if (/html|xml/.test(media)) return asMarkup;
  return media.endsWith('json') ? (text) => JSON.stringify(text).slice(1, -1) : (text) => text;
}

function asMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

const TYPES: Readonly<Record<string, string>> = {
  html: HTML,
  htm: HTML,
  json: 'application/json',
  xml: 'application/xml; charset=utf-8',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  webmanifest: 'application/manifest+json',
};

/** The media type of a file by its name; null: nothing is known of it. */
export function typeOfFile(path: string): string | null {
  return TYPES[/\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ''] ?? null;
}
