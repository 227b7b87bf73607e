// The dashboard's own files, at the admin API's own address. They hold no secret: everything that they show they ask the API
// for, which looks at who asks.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { LocalResponse } from '../message/local-response.ts';
import type { RequestView } from '../message/request-view.ts';
import { type DashboardFiles, bundleDashboard } from './dashboard-bundle.ts';
import { EMBEDDED } from './dashboard-embedded.ts';

const PATHS: Readonly<Record<string, { readonly file: keyof DashboardFiles; readonly type: string }>> = {
  '/': { file: 'page', type: 'text/html; charset=utf-8' },
  '/ui/app.js': { file: 'script', type: 'text/javascript; charset=utf-8' },
  '/ui/app.css': { file: 'style', type: 'text/css; charset=utf-8' },
  '/ui/icon.svg': { file: 'icon', type: 'image/svg+xml' },
};

// Nothing from elsewhere is loaded, run, sent to or shown in.
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const HEADERS: LocalResponse['headers'] = [
  ['Content-Security-Policy', POLICY],
  ['X-Content-Type-Options', 'nosniff'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cache-Control', 'no-cache'],
  ['Vary', 'Accept-Encoding'],
];

const NOTHING = new Uint8Array(0);

type Asset = { readonly tag: string; readonly plain: Uint8Array; readonly zipped: Uint8Array };
type Assets = Readonly<Record<keyof DashboardFiles, Asset>>;

// Made when somebody asks for the first time: most gateways are never looked at in this way.
let made: Promise<Assets> | null = null;

/** The answer to a request for one of the dashboard's files; null: it is for something else. `bases`: the paths that the API
 * is found below. */
export function dashboardAnswer(request: RequestView, bases: readonly string[]): Promise<LocalResponse> | null {
  if (request.method !== 'GET' && request.method !== 'HEAD') return null;
  for (const base of bases) {
    const asked = request.path.startsWith(`${base}/`) ? PATHS[request.path.slice(base.length)] : undefined;
    if (asked !== undefined) return answer(request, asked.file, asked.type);
  }
  return null;
}

async function answer(request: RequestView, file: keyof DashboardFiles, type: string): Promise<LocalResponse> {
  made ??= makeAssets();
  try {
    return answerWith((await made)[file], request, type);
  } catch (error) {
    // A checkout may lack a package for a moment; the next request tries again.
    made = null;
    const why = error instanceof Error ? error.message : String(error);
    return { status: 500, headers: [['Content-Type', 'text/plain; charset=utf-8']], body: encoded(`${why}\n`) };
  }
}

function answerWith({ tag, plain, zipped }: Asset, request: RequestView, type: string): LocalResponse {
  const isZipped = /\bgzip\b/.test(request.header('accept-encoding') ?? '');
  const etag = `"${tag}${isZipped ? '-gzip' : ''}"`;
  const headers: LocalResponse['headers'] = [...HEADERS, ['ETag', etag]];
  if (request.header('if-none-match') === etag) return { status: 304, headers, body: NOTHING };
  const coding: LocalResponse['headers'] = isZipped ? [['Content-Encoding', 'gzip']] : [];
  return { status: 200, headers: [['Content-Type', type], ...headers, ...coding], body: isZipped ? zipped : plain };
}

async function makeAssets(): Promise<Assets> {
  const { page, script, style, icon } =
    EMBEDDED ?? (await bundleDashboard(join(import.meta.dirname, '../../dashboard')));
  return { page: assetOf(page), script: assetOf(script), style: assetOf(style), icon: assetOf(icon) };
}

function assetOf(text: string): Asset {
  const plain = encoded(text);
  const tag = createHash('sha256').update(plain).digest('hex').slice(0, 16);
  return { tag, plain, zipped: Bun.gzipSync(plain) };
}

function encoded(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
