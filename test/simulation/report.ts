// Runs all scenarios and prints their results: npm run simulate
// With `--plot FILE` it draws some of them instead: npm run simulate -- --plot docs/guide/health.svg
import { writeFileSync } from 'node:fs';
import { leastRequests } from '../../src/balance/least-requests.ts';
import { p2c } from '../../src/balance/p2c.ts';
import { peakEwma } from '../../src/balance/peak-ewma.ts';
import { roundRobin } from '../../src/balance/round-robin.ts';
import {
  type Run,
  allGone,
  brownOut,
  correlatedFailure,
  flapping,
  recoveryHerd,
  retryStorm,
  slowBackend,
} from './scenarios.ts';
import { plot } from './plot.ts';

const scenarios: readonly [string, () => Run][] = [
  ['flapping, 1 of 3', flapping],
  ['correlated failure, 800 of 2000', correlatedFailure],
  ['slow backend, round_robin', () => slowBackend(roundRobin)],
  ['slow backend, least_requests', () => slowBackend(leastRequests)],
  ['slow backend, p2c', () => slowBackend(p2c)],
  ['slow backend, peak_ewma', () => slowBackend(peakEwma)],
  ['retry storm, no budget', () => retryStorm(false)],
  ['retry storm, budget', () => retryStorm(true)],
  ['retry storm, budget and limit', () => retryStorm(true, 200)],
  ['recovery herd, at once', () => recoveryHerd(false)],
  ['recovery herd, slow start', () => recoveryHerd(true)],
  ['brown-out, 1 %', brownOut],
  ['all gone for 10 s', allGone],
];

const columns = [
  'requests',
  'lost',
  'attempts',
  'p50 ms',
  'p99 ms',
  'p99.9 ms',
  'changes',
  'ejections',
  'most away',
  'probes/s',
  'watched',
];

const [option, file] = process.argv.slice(2);
if (option === undefined) report();
else if (option === '--plot' && file !== undefined) writeFileSync(file, plot());
else {
  console.error('usage: npm run simulate [-- --plot FILE]');
  process.exitCode = 2;
}

function report(): void {
  console.log(`${'scenario'.padEnd(34)}${columns.map((column) => column.padStart(10)).join('')}  lost because`);
  for (const [name, scenario] of scenarios) {
    const { metrics } = scenario().gateway;
    const { totals } = metrics;
    const cells = [
      totals.requests,
      totals.lost,
      totals.attempts,
      ...[0.5, 0.99, 0.999].map((part) => metrics.percentile(part).toFixed(1)),
      metrics.stateChanges,
      metrics.ejections,
      metrics.mostAway,
      metrics.highestRate('probes', 1000),
      totals.watched,
    ];
    const reasons = [...metrics.lostBy].map(([reason, count]) => `${reason} ${count}`).join(', ');
    console.log(`${name.padEnd(34)}${cells.map((cell) => String(cell).padStart(10)).join('')}  ${reasons}`);
  }
}
