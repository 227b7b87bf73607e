// The reference of all metrics, for docs/.
import { type Family, sampleNameOf } from './exposition.ts';
import { families } from './families.ts';

export function metricsReference(): string {
  const all: readonly Family[] = Object.values(families);
  const rows = all.map(
    (family) =>
      `| \`${sampleNameOf(family)}\` | ${family.type} | ${family.labels.map((name) => `\`${name}\``).join(', ')} | ${family.help} |`,
  );
  return [
    '# Metrics',
    '',
    'All that `GET /metrics` of the admin API tells. Counters begin at 0 with each start and upgrade of the gateway. What it means, and how to read it: [the guide](../guide/metrics.md).',
    '',
    '| Name | Type | Labels | Meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
