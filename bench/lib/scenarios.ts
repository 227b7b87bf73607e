// The scenarios: each is one request, repeated, and the programs that serve it.
import { gateway, type Shape } from './gateway-program.ts';
import type { HandshakeKind } from './handshake-load.ts';
import type { Field, Load } from './load.ts';
import { installedPeers, type Program } from './proxies.ts';

/** The subject of a table of programs. */
export type Compared = {
  readonly name: string;
  readonly title: string;
  /** Ratios are to the better of these programs. */
  readonly references: readonly string[];
  /** The unit of cost; absent: a request. */
  readonly unit?: string;
};

/** One request to measure and the programs to compare. */
export type Scenario = Compared & {
  /** The path below the prefix. */
  readonly path: string;
  readonly isTls: boolean;
  /** The client asks for a compressed body, whose size is shown. */
  readonly isCompressed: boolean;
  readonly request: Pick<Load, 'uploadBytes' | 'fields' | 'users'>;
  /** Requests at a time on each connection over HTTP/2; null: HTTP/1.1. */
  readonly streams: number | null;
  readonly proxies: readonly Program[];
  /** Each request has a connection of its own; absent: connections are kept. */
  readonly handshake?: HandshakeKind;
};

/** The builds of the gateway to measure. */
export type Builds = {
  readonly gateway: string;
  /** Other builds to compare with it. */
  readonly also: readonly { readonly name: string; readonly command: string }[];
  /** Names of the programs to run; null: all. */
  readonly only: readonly string[] | null;
};

/** The scenarios that run when the command line names none. */
export const DEFAULT_SCENARIOS = ['1k', '64k', '1m', 'tls', 'tenants'] as const;

const MANY_TENANTS = 10_000;
const UPLOAD_BYTES = 10_240;
const H2_STREAMS = 10;
const OVER_H2 = { isTls: true, streams: H2_STREAMS };
// Enough users that keys are spread over the backends as evenly as turns.
const USERS = 64;

// wrk sends Host as well: 30 in all.
const REQUEST_FIELDS = Array.from(
  { length: 29 },
  (_, index): Field => [`X-Request-Field-${index}`, `value ${index} of the request`],
);

const REFERENCES = ['nginx', 'haproxy'];
// The only one that is set to compress: HAProxy and Caddy have other libraries, whose levels mean something else.
const COMPRESSING = ['nginx'];
const ASKS_FOR_GZIP: readonly Field[] = [['Accept-Encoding', 'gzip']];

type Request = {
  readonly title: string;
  readonly path: string;
  readonly isTls?: boolean;
  readonly streams?: number;
  readonly request?: Scenario['request'];
  /** The client asks for a compressed body. */
  readonly isCompressed?: boolean;
  readonly handshake?: HandshakeKind;
  /** Shapes of the gateway to compare with the first of them; absent: the gateway beside other programs. */
  readonly shapes?: readonly (Shape & { readonly name: string })[];
};

const REQUESTS: Readonly<Record<string, Request>> = {
  '1k': { title: '1 KiB GET', path: '1k' },
  '64k': { title: '64 KiB GET', path: '64k' },
  '1m': { title: '1 MiB GET', path: '1m' },
  tls: { title: '1 KiB GET over TLS 1.3', path: '1k', isTls: true },
  h2: { title: `1 KiB GET over HTTP/2, ${H2_STREAMS} at a time on each connection`, path: '1k', ...OVER_H2 },
  'h2-64k': { title: `64 KiB GET over HTTP/2, ${H2_STREAMS} at a time on each connection`, path: '64k', ...OVER_H2 },
  'h2-alone': { title: '1 KiB GET over HTTP/2, one at a time', path: '1k', isTls: true, streams: 1 },
  'handshake-13': shaking('a whole handshake of TLS 1.3', { version: '1.3', isResumed: false }),
  'handshake-13-resumed': shaking('a resumed handshake of TLS 1.3', { version: '1.3', isResumed: true }),
  'handshake-12': shaking('a whole handshake of TLS 1.2', { version: '1.2', isResumed: false }),
  'handshake-12-resumed': shaking('a resumed handshake of TLS 1.2', { version: '1.2', isResumed: true }),
  'h2-backends': {
    title: `1 KiB GET over HTTP/2, ${H2_STREAMS} at a time on each connection, from backends of each protocol`,
    path: '1k',
    ...OVER_H2,
    shapes: [{ name: 'HTTP/1.1' }, { name: 'HTTP/2', isHttp2: true }],
  },
  chunked: { title: 'GET of 10 KiB in chunks of 2 KiB', path: 'chunked' },
  headers: {
    title: '1 KiB GET with 30 fields in the request and in the response',
    path: 'headers',
    request: { fields: REQUEST_FIELDS },
  },
  gzip: {
    title: 'GET of 80 KiB of JSON, compressed by gzip at level 5',
    path: 'json-80k',
    isCompressed: true,
  },
  'gzip-small': {
    title: 'GET of 4 KiB of JSON, compressed by gzip at level 5',
    path: 'json-4k',
    isCompressed: true,
  },
  post: { title: '10 KiB POST', path: 'upload', request: { uploadBytes: UPLOAD_BYTES } },
  tenants: {
    title: '1 KiB GET among 1 and 10,000 tenants',
    path: '1k',
    shapes: [{ name: '1 tenant' }, { name: '10,000 tenants', tenants: MANY_TENANTS }],
  },
  balancers: {
    title: '1 KiB GET with each balancer',
    path: '1k',
    request: { users: USERS },
    shapes: [
      ...['round_robin', 'least_requests', 'p2c', 'peak_ewma', 'random'].map(balancedBy),
      { name: 'consistent_hash by client', balance: '{ type: consistent_hash, key: client }' },
      { name: 'consistent_hash by header', balance: '{ type: consistent_hash, key: "header:x-user" }' },
      { name: 'rendezvous by header', balance: '{ type: rendezvous, key: "header:x-user" }' },
      balancedBy('first'),
    ],
  },
  'balancers-tenants': {
    title: '1 KiB GET among 10,000 tenants with each balancer',
    path: '1k',
    request: { users: USERS },
    shapes: [
      ...['round_robin', 'p2c', 'peak_ewma'].map(balancedBy),
      { name: 'consistent_hash by header', balance: '{ type: consistent_hash, key: "header:x-user" }' },
    ].map((shape) => ({ ...shape, tenants: MANY_TENANTS })),
  },
  health: {
    title: '1 KiB GET without and with health checks, outlier ejection and retries',
    path: '1k',
    shapes: [{ name: 'all off', caresForHealth: false }, { name: 'all at their defaults' }],
  },
};

function shaking(what: string, handshake: HandshakeKind): Request {
  return { title: `connection with ${what} and a 1 KiB GET`, path: '1k', isTls: true, handshake };
}

function balancedBy(balance: string): Shape & { readonly name: string } {
  return { name: balance, balance };
}

/** The names of all scenarios. */
export const SCENARIO_NAMES: readonly string[] = Object.keys(REQUESTS);

/** The scenarios of these names, in this order; throws if a name is unknown. */
export function scenariosOf(names: readonly string[], builds: Builds): readonly Scenario[] {
  return names.map((name) => {
    const request = SCENARIO_NAMES.includes(name) ? REQUESTS[name] : undefined;
    if (request === undefined) throw new Error(`no scenario "${name}"; there are ${SCENARIO_NAMES.join(', ')}`);
    const { title, path, isTls = false, isCompressed = false, streams = null, shapes } = request;
    const details = isCompressed ? { fields: ASKS_FOR_GZIP } : (request.request ?? {});
    const references = isCompressed ? COMPRESSING : REFERENCES;
    const compared = shapes === undefined ? programs(builds, references, isCompressed) : shapesOf(shapes, builds);
    const shaken = request.handshake === undefined ? {} : { handshake: request.handshake, unit: 'connection' };
    return { name, title, path, isTls, isCompressed, streams, request: details, ...shaken, ...compared };
  });
}

type Contest = Pick<Scenario, 'proxies' | 'references'>;

function programs(builds: Builds, references: readonly string[], isCompressed: boolean): Contest {
  const others = builds.also.map(({ name, command }) => gateway(name, command));
  const peers = installedPeers().filter(({ name }) => !isCompressed || references.includes(name));
  const all = [...peers, gateway('keystone', builds.gateway), ...others];
  const proxies = all.filter(({ name }) => builds.only === null || builds.only.includes(name));
  if (proxies.length === 0) throw new Error(`no such program; there are ${all.map(({ name }) => name).join(', ')}`);
  return { proxies, references };
}

function shapesOf(shapes: NonNullable<Request['shapes']>, builds: Builds): Contest {
  const wanted = shapes.filter(({ name }, at) => at === 0 || builds.only === null || builds.only.includes(name));
  return {
    proxies: wanted.map(({ name, ...shape }) => gateway(name, builds.gateway, shape)),
    references: [shapes[0].name],
  };
}
