// Metrics of the gateway as a whole: its processes, listeners, certificates, configuration and events.
import { TLS_VERSIONS, gatewaySeries as at, handshakesAt } from '../../core/series-layout.ts';
import { type Exposition, type Family, label } from './exposition.ts';
import { families } from './families.ts';
import type { MetricsSources } from './sources.ts';
import { writeHistogram } from './write-series.ts';

export function writeGateway(out: Exposition, sources: MetricsSources): void {
  const write = (family: Family, value: number, labels = ''): void => {
    out.begin(family);
    out.value(labels, value);
  };
  write(families.build, 1, label('version', sources.version));
  write(families.started, sources.startedAt / 1000);
  write(families.plan, sources.planNumber());
  write(families.reloads, sources.planNumber() - 1);
  write(families.reloaded, sources.plannedAt() / 1000);
  const { failed, lastHasFailed, lastAt } = sources.reloads();
  write(families.reloadsFailed, failed);
  write(families.lastReload, lastHasFailed ? 0 : 1);
  write(families.lastReloadAt, (lastAt ?? sources.startedAt) / 1000);
  out.begin(families.changes);
  for (const [kind, count] of sources.changes()) out.value(label('kind', kind), count);
  writeDoors(out, sources);
  writeHandshakes(out, sources);
  out.begin(families.certificateExpiry);
  for (const { name, file, until } of sources.certificates())
    out.value(`${label('name', name)},${label('file', file)}`, until / 1000);
  out.begin(families.acmeAdvice);
  for (const [outcome, count] of sources.advice()) out.value(label('result', outcome), count);
  writeHistogram(out, families.probeDurations, sources.probes.durations);
  const { gateway } = sources.series;
  write(families.lines, gateway.sum(ONLY, at.linesWritten));
  write(families.linesDropped, gateway.sum(ONLY, at.linesDropped));
  write(families.writesFailed, gateway.sum(ONLY, at.writesFailed));
  write(families.spansExported, gateway.sum(ONLY, at.spansExported));
  write(families.spansDropped, gateway.sum(ONLY, at.spansDropped));
  write(families.exportsFailed, gateway.sum(ONLY, at.exportsFailed));
  writeWorkers(out, sources);
}

const ONLY = 0;

function writeHandshakes(out: Exposition, { series }: Pick<MetricsSources, 'series'>): void {
  out.begin(families.handshakes);
  for (const [number, version] of TLS_VERSIONS.entries()) {
    for (const isResumed of [false, true]) {
      const count = series.gateway.sum(ONLY, handshakesAt(number, isResumed));
      out.value(`${label('version', version)},${label('resumed', isResumed ? 'yes' : 'no')}`, count);
    }
  }
}

function writeDoors(out: Exposition, sources: MetricsSources): void {
  const doors = sources.doors().map((door) => ({ ...door, labels: label('listener', door.address) }));
  out.begin(families.connections);
  for (const { labels, open } of doors) out.value(labels, open);
  out.begin(families.handshaking);
  for (const { labels, handshaking } of doors) out.value(labels, handshaking);
  out.begin(families.accepted);
  for (const { labels, counts } of doors) out.value(labels, counts.accepted);
  out.begin(families.refused);
  for (const { labels, counts } of doors) {
    const reasons = {
      connections: counts.beyondConnections,
      connections_per_client: counts.beyondClient,
      descriptors: counts.beyondDescriptors,
      handshakes: counts.beyondHandshakes,
      handshake_late: counts.handshakesLate,
      handshake_failed: counts.handshakesFailed,
      h2_limits: counts.beyondH2,
      reset: counts.reset,
    };
    for (const [reason, count] of Object.entries(reasons)) out.value(`${labels},${label('reason', reason)}`, count);
  }
}

function writeWorkers(out: Exposition, sources: MetricsSources): void {
  const workers = sources.workers().map((worker) => ({ ...worker, labels: label('worker', String(worker.number)) }));
  out.begin(families.workerCpu);
  for (const { labels, processorTime } of workers) out.value(labels, processorTime);
  out.begin(families.workerMemory);
  for (const { labels, memory } of workers) out.value(labels, memory);
  out.begin(families.workerDelay);
  for (const { labels, delay } of workers) out.value(labels, delay);
  out.begin(families.workerDescriptors);
  for (const { labels, descriptors } of workers) out.value(labels, descriptors);
  out.begin(families.workerRestarts);
  for (const [slot, count] of sources.restarts().entries()) out.value(label('slot', String(slot)), count);
}
