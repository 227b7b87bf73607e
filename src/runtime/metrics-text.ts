// What the metrics of a running gateway are made from.
import type { AdminSources } from '../admin/sources.ts';
import type { ReloadControl } from '../admin/reload-control.ts';
import type { AdviceOutcome, CertificateReport } from '../certificates/contract.ts';
import type { Clock } from '../core/clock.ts';
import type { GatewayCells } from '../core/gateway-cells.ts';
import type { SnapshotStore } from '../forward/snapshot.ts';
import type { Plan } from '../plan/plan.ts';
import { VERSION } from '../core/version.ts';
import { contentTypes } from '../observe/metrics/exposition.ts';
import { metricsText } from '../observe/metrics/gather.ts';
import type { MeteredCertificate, MetricsSources } from '../observe/metrics/sources.ts';
import { readWorkers } from '../observe/metrics/worker-gauge.ts';
import { type MeteredSources, meteredTenants } from './metered-tenants.ts';

export type MetricsTools = MeteredSources & {
  readonly store: SnapshotStore;
  readonly cells: GatewayCells;
  readonly recorder: { readonly counts: ReadonlyMap<string, number> };
  readonly doors: MetricsSources['doors'];
  readonly restarts: MetricsSources['restarts'];
  readonly plan: () => Plan;
  readonly pace: { readonly clock: Pick<Clock, 'wall'> };
  readonly probes: MetricsSources['probes'];
  readonly reload: Pick<ReloadControl, 'history' | 'reloads'> | null;
  readonly certificates: {
    readonly reports: readonly CertificateReport[];
    readonly advice: Readonly<Record<AdviceOutcome, number>>;
  } | null;
};

export function metricsOf(tools: MetricsTools): AdminSources['metrics'] {
  const { store, standing, slots, cells, recorder, doors, plan, pace } = tools;
  const startedAt = pace.clock.wall();
  const sources: MetricsSources = {
    version: VERSION,
    startedAt,
    series: cells.traffic,
    tenants: () => meteredTenants(store.current, { standing, slots }),
    doors,
    certificates: () => certificatesOf(tools),
    advice: () => Object.entries(tools.certificates?.advice ?? {}),
    probes: tools.probes,
    reloads: () => tools.reload?.reloads() ?? NO_RELOADS,
    workers: () => readWorkers(cells),
    restarts: tools.restarts,
    changes: () => recorder.counts,
    planNumber: () => plan().gateway.number,
    plannedAt: () => tools.reload?.history().versions.at(-1)?.at ?? startedAt,
  };
  return (format) => ({ type: contentTypes[format], text: metricsText(sources, format) });
}

const NO_RELOADS = { failed: 0, lastHasFailed: false, lastAt: null };

function certificatesOf({ certificates }: Pick<MetricsTools, 'certificates'>): readonly MeteredCertificate[] {
  const reports = certificates?.reports ?? [];
  return reports.flatMap(({ facts, file }) =>
    facts === null ? [] : [{ name: facts.names[0] ?? '', file, until: facts.expires }],
  );
}
