// What tenant A does while tenant B is measured.

/** One case. Others than the gateway are measured only where they can do the same. */
export type Case = {
  readonly name: string;
  readonly title: string;
  /** False: A has as many requests at a time at its origin as it has by default. */
  readonly isOpen: boolean;
  readonly load: Load | null;
  /** A's clients come over TLS. */
  readonly isTls?: boolean;
  /** How many more tenants there are; they flood in turn, a hundred of them. */
  readonly tenants?: number;
  /** A has so many times the share of B, and B floods as well. */
  readonly weight?: number;
  readonly reloads?: boolean;
  /** Requests of B in a second; absent: as many as in other cases. */
  readonly rate?: number;
  /** Programs besides the gateway that it cannot be asked of. */
  readonly without?: readonly string[];
};

export type Load =
  | {
      readonly kind: 'wrk';
      readonly connections: number;
      readonly path: string;
      readonly fields?: readonly string[];
    }
  | { readonly kind: 'slow'; readonly connections: number };

const GZIP = ['Accept-Encoding: gzip'];
const CLOSE = ['Connection: close'];

function closedLoop(connections: number): Load {
  return { kind: 'wrk', connections, path: '1k' };
}

export const CASES: readonly Case[] = [
  ...[50, 400, 1500].flatMap((connections, at): readonly Case[] => [
    {
      name: `${at + 1}`,
      title: `closed loop on ${connections} connections`,
      isOpen: true,
      load: closedLoop(connections),
    },
    {
      name: `${at + 1}d`,
      title: `the same, default limits`,
      isOpen: false,
      load: closedLoop(connections),
    },
  ]),
  {
    name: '4',
    title: 'a new connection for each request',
    isOpen: true,
    load: { kind: 'wrk', connections: 400, path: '1k', fields: CLOSE },
  },
  { name: '5', title: 'its origin hangs', isOpen: true, load: { kind: 'wrk', connections: 400, path: 'hang' } },
  { name: '6', title: 'slow clients (slowhttptest -H)', isOpen: true, load: { kind: 'slow', connections: 400 } },
  { name: '7a', title: 'bodies of 1 MiB', isOpen: true, load: { kind: 'wrk', connections: 50, path: '1m' } },
  {
    name: '7b',
    title: 'JSON of 80 KiB, compressed',
    isOpen: true,
    load: { kind: 'wrk', connections: 400, path: 'json', fields: GZIP },
  },
  {
    name: '7c',
    title: 'a TLS handshake for each request',
    isOpen: true,
    isTls: true,
    load: { kind: 'wrk', connections: 100, path: '1k', fields: CLOSE },
  },
  // 8, code of the tenant's own: there is none yet.
  {
    name: '9',
    title: 'reloads each second',
    isOpen: true,
    reloads: true,
    load: closedLoop(50),
    without: ['haproxy', 'caddy'],
  },
  { name: '10', title: 'nobody else is there', isOpen: true, load: closedLoop(50) },
  {
    name: '11',
    // Answers that take the gateway a millisecond each: otherwise those who ask are what there is too little of.
    title: 'weights 3 : 1, and both flood with JSON that is compressed',
    isOpen: true,
    weight: 3,
    load: { kind: 'wrk', connections: 50, path: 'json', fields: GZIP },
    without: ['nginx', 'haproxy', 'caddy'],
  },
  {
    name: '12',
    title: '10,000 tenants, of which 100 flood; B sends 20 a second',
    rate: 20, // its share is a hundredth of what the gateway can do
    isOpen: true,
    tenants: 10_000,
    load: closedLoop(400),
    without: ['haproxy', 'caddy'],
  },
];

/** The hosts of the tenants that flood besides A. */
export const FLOODING = 100;

export function hostOf(number: number): string {
  return `t${number}.test`;
}
