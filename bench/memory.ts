// Checks that the gateway's memory stays flat over a million requests: samples resident memory after every slice of them, at rest.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { assignCores, residentBytesOf } from './lib/cpu.ts';
import { gateway } from './lib/gateway-program.ts';
import { GATEWAY_COMMAND, wholeNumber } from './lib/options.ts';
import { startOrigins } from './lib/origins.ts';
import { findProgram, openStage } from './lib/processes.ts';
import { PREFIX, startProxy } from './lib/proxies.ts';
import { markdownTable } from './lib/report.ts';
import { runSlice } from './lib/slices.ts';
import { mean } from './lib/statistics.ts';

type Options = { readonly requests: number; readonly every: number; readonly path: string; readonly gateway: string };
type Sample = { readonly requests: number; readonly residentBytes: number };

const USAGE = `bun bench/memory.ts [options]

  --requests N       in all, default 1000000
  --every N          requests between samples, default 50000
  --path NAME        what to ask for: 1k, 64k or 1m; default 1k
  --gateway COMMAND  run this as the gateway; {config} and {port} are replaced, blanks separate words`;

const CONNECTIONS = 50;
// Before each sample: what is free goes back to the system after a second without use, and until then it breathes.
const REST_MILLIS = 3000;
// In MiB, whatever the bodies were.
const BAR = 160;
// The last quarter may be this much above the second. A heap varies by as much; a leak of a few bytes a request would add up
// to far more.
const FLAT_WITHIN = 1.05;

process.exitCode = await main(readOptions());

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      requests: { type: 'string', default: '1000000' },
      every: { type: 'string', default: '50000' },
      path: { type: 'string', default: '1k' },
      gateway: { type: 'string', default: GATEWAY_COMMAND },
    },
  });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const requests = wholeNumber('requests', values.requests, 1);
  return { ...values, requests, every: wholeNumber('every', values.every, 1) };
}

async function main(options: Options): Promise<number> {
  if (findProgram('h2load') === null) throw new Error('h2load is not installed: it makes the load');
  await using stage = openStage();
  const cores = assignCores();
  const origins = await startOrigins(stage, { kind: null, core: cores.origins });
  const proxy = gateway('keystone', options.gateway);
  const setup = { origins: origins.ports, certificate: null, core: cores.proxies };
  const { child, baseUrl } = await startProxy(stage, proxy, setup);

  const url = `${baseUrl}${PREFIX}${options.path}`;
  const samples: Sample[] = [{ requests: 0, residentBytes: residentBytesOf(child.pid) }];
  let failed = 0;
  for (let done = 0; done < options.requests; ) {
    const requests = Math.min(options.every, options.requests - done);
    failed += await runSlice(stage, { url, requests, connections: CONNECTIONS, core: cores.load });
    done += requests;
    await sleep(REST_MILLIS);
    samples.push({ requests: done, residentBytes: residentBytesOf(child.pid) });
    console.error(`${done} of ${options.requests}`);
  }
  return report(samples, failed);
}

function report(samples: readonly Sample[], failed: number): number {
  const rows = samples.map((sample) => [String(sample.requests), mebibytes(sample.residentBytes)]);
  console.log(markdownTable(['requests', 'RSS MiB'], rows).join('\n'));
  const [first, last] = [samples[1], samples[samples.length - 1]];
  console.log(`\nfirst ${mebibytes(first.residentBytes)} MiB, last ${mebibytes(last.residentBytes)} MiB`);
  if (failed > 0) console.error(`${failed} REQUESTS FAILED; the figures are not valid`);
  const isWithin = last.residentBytes <= BAR * 1024 ** 2;
  if (!isWithin) console.error(`ABOVE THE BAR: more than ${BAR} MiB`);
  return isFlat(samples) && isWithin && failed === 0 ? 0 : 1;
}

// The first quarter does not count: compiled code, pools and buffers grow to their working size in it.
function isFlat(samples: readonly Sample[]): boolean {
  const quarter = Math.floor(samples.length / 4);
  if (quarter === 0) {
    console.log('too few samples to say whether memory is flat');
    return true;
  }
  const early = mean(samples.slice(quarter, 2 * quarter).map((sample) => sample.residentBytes));
  const late = mean(samples.slice(-quarter).map((sample) => sample.residentBytes));
  const isWithin = late <= early * FLAT_WITHIN;
  const change = `${mebibytes(early)} MiB in the second quarter, ${mebibytes(late)} MiB in the last`;
  console.log(`${isWithin ? 'flat' : 'NOT FLAT'}: ${change}`);
  return isWithin;
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(1);
}
