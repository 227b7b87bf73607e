// What is measured: each scenario is one request, repeated, and the programs that serve it.
import { gateway, installedPeers, type Program } from './proxies.ts';

/** One request to measure and the programs to compare. */
export type Scenario = {
  readonly name: string;
  readonly title: string;
  /** Below the prefix. */
  readonly path: string;
  readonly isTls: boolean;
  readonly uploadBytes: number;
  readonly proxies: readonly Program[];
  /** The programs whose better one is the measure of the ratios. */
  readonly references: readonly string[];
};

/** The builds of the gateway to measure. */
export type Builds = {
  readonly gateway: string;
  /** Other builds to compare with it. */
  readonly also: readonly { readonly name: string; readonly command: string }[];
  /** Names of the programs to run; null: all. */
  readonly only: readonly string[] | null;
};

/** Run when no scenario is named. */
export const DEFAULT_SCENARIOS = ['1k', '64k', '1m', 'tls', 'tenants'] as const;

const MANY_TENANTS = 10_000;
const UPLOAD_BYTES = 16_384;

const REQUESTS = {
  '1k': { title: '1 KiB GET', path: '1k' },
  '64k': { title: '64 KiB GET', path: '64k' },
  '1m': { title: '1 MiB GET', path: '1m' },
  tls: { title: '1 KiB GET over TLS 1.3', path: '1k', isTls: true },
  post: { title: '16 KiB POST', path: 'upload', uploadBytes: UPLOAD_BYTES },
  tenants: { title: '1 KiB GET among 1 and 10,000 tenants', path: '1k' },
} as const;

/** The names of all scenarios. */
export const SCENARIO_NAMES: readonly string[] = Object.keys(REQUESTS);

/** The scenarios of these names, in the order given; throws for a name that is none. */
export function scenariosOf(names: readonly string[], builds: Builds): readonly Scenario[] {
  return names.map((name) => {
    const request = Object.entries(REQUESTS).find(([key]) => key === name)?.[1];
    if (request === undefined) throw new Error(`no scenario "${name}"; there are ${SCENARIO_NAMES.join(', ')}`);
    const { proxies, references } = name === 'tenants' ? tenantTables(builds) : programs(builds);
    return { name, isTls: false, uploadBytes: 0, ...request, proxies, references };
  });
}

type Compared = Pick<Scenario, 'proxies' | 'references'>;

function programs(builds: Builds): Compared {
  const others = builds.also.map(({ name, command }) => gateway(name, command));
  const all = [...installedPeers(), gateway('keystone', builds.gateway), ...others];
  const proxies = all.filter(({ name }) => builds.only === null || builds.only.includes(name));
  if (proxies.length === 0) throw new Error(`no such program; there are ${all.map(({ name }) => name).join(', ')}`);
  return { proxies, references: ['nginx', 'haproxy'] };
}

function tenantTables(builds: Builds): Compared {
  return {
    proxies: [gateway('1 tenant', builds.gateway), gateway('10,000 tenants', builds.gateway, MANY_TENANTS)],
    references: ['1 tenant'],
  };
}
