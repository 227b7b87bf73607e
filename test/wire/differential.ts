// Plays every case against nginx, HAProxy and the gateway, and prints where they differ, as Markdown.
// Run: bun test/wire/differential.ts [--without-gateway] [--all] [--problems]
import { GatewayProcess } from '../support/gateway-process.ts';
import { startHaproxy, startNginx } from '../support/peers.ts';
import { allCases, families } from './cases/all.ts';
import { halfClosePortOf, wireConfig } from './gateway-config.ts';
import { PROBE_BODY, type Target } from './observe.ts';
import { CaseBackend } from './case-backend.ts';
import { type Verdict, playAll } from './runner.ts';

type Column = { readonly name: string; readonly verdicts: readonly Verdict[] };

const SEED = 1;

/** Plays all cases in one piece against a program that has a backend of its own. */
async function column(name: string, start: (port: number) => Promise<AsyncDisposable & Target>): Promise<Column> {
  await using backend = await CaseBackend.start();
  await using target = await start(backend.recording.port);
  return { name, verdicts: await playAll(target, backend, { cases: allCases, manner: 'whole', seed: SEED }) };
}

async function startBoth(backendPort: number): Promise<AsyncDisposable & Target> {
  const plain = await GatewayProcess.start(wireConfig(backendPort, { trusting: false }));
  const trusting = await GatewayProcess.start(wireConfig(backendPort, { trusting: true }));
  return {
    port: plain.port,
    trustingPort: trusting.port,
    halfClosePort: halfClosePortOf(plain),
    async [Symbol.asyncDispose]() {
      await plain[Symbol.asyncDispose]();
      await trusting[Symbol.asyncDispose]();
    },
  };
}

/** What happened, in a few words. */
function outcome({ observation, upstream, problems }: Verdict): string {
  const finals = observation.transcript.finals.filter(({ body }) => body !== PROBE_BODY);
  const statuses = finals.map(({ status }) => status).join(' ');
  const answer = statuses === '' ? (observation.received === '' ? 'silence' : 'cut') : statuses;
  const passed = upstream.requests.length > 0 ? ', forwarded' : '';
  const odd = upstream.violations.length > 0 ? ', ambiguous' : '';
  return `${problems.length === 0 ? '✓' : '✗'} ${answer}${passed}${odd}`;
}

function summary(columns: readonly Column[]): string[] {
  const lines = tableHead(['family', 'cases', ...names(columns)]);
  for (const { name, cases } of families) {
    const counts = columns.map(({ verdicts }) => cases.filter((one) => holds(verdicts, allCases.indexOf(one))).length);
    lines.push(row([name, `${cases.length}`, ...counts.map(String)]));
  }
  const totals = columns.map(({ verdicts }) => verdicts.filter(({ problems }) => problems.length === 0).length);
  return [...lines, row(['**all**', `${allCases.length}`, ...totals.map(String)])];
}

// A table for each family, of the cases in which a program differs.
function differences(columns: readonly Column[], isEverything: boolean): string[] {
  return families.flatMap(({ name, reason, cases }) => {
    const shown = cases
      .map((one) => ({ one, index: allCases.indexOf(one) }))
      .filter(({ index }) => isEverything || columns.some(({ verdicts }) => !holds(verdicts, index)));
    if (shown.length === 0) return [];
    const rows = shown.map(({ one, index }) =>
      row([one.name, one.source, one.holds, ...columns.map(({ verdicts }) => outcome(verdicts[index]))]),
    );
    return ['', `## ${name}`, '', reason, '', ...tableHead(['case', 'from', 'must hold', ...names(columns)]), ...rows];
  });
}

function allProblems(columns: readonly Column[]): string[] {
  return columns.flatMap(({ name, verdicts }) =>
    verdicts
      .filter(({ problems }) => problems.length > 0)
      .map(({ wireCase, problems }) => `${name}: ${wireCase.name}: ${problems.join('; ')}`),
  );
}

function names(columns: readonly Column[]): string[] {
  return columns.map(({ name }) => name);
}

function tableHead(cells: readonly string[]): string[] {
  return [row(cells), row(cells.map(() => '---'))];
}

// Escapes what Markdown would take for its own in the texts of cases.
function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll(/[|<\\]/g, (character) => `\\${character}`)).join(' | ')} |`;
}

function holds(verdicts: readonly Verdict[], index: number): boolean {
  return verdicts[index].problems.length === 0;
}

const options = new Set(process.argv.slice(2));
const columns = [await column('nginx', startNginx), await column('HAProxy', startHaproxy)];
if (!options.has('--without-gateway')) columns.push(await column('the gateway', startBoth));
console.log([...summary(columns), ...differences(columns, options.has('--all'))].join('\n'));
if (options.has('--problems')) console.log(`\n${allProblems(columns).join('\n')}`);
process.exit(0);
