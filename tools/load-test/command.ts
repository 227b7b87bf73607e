// keystone load-test: load in stages, the kill of an origin, and a verdict.
import { access, constants, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { millis } from '../../src/core/units.ts';
import { type World, realWorld } from '../../src/world.ts';
import type { Command, CommandInput, ExitCode, Terminal } from '../../src/cli/contract.ts';
import { type Generator, findGenerator } from './generator.ts';
import { renderPage } from './page.ts';
import { Progress } from './progress.ts';
import type { Report } from './report.ts';
import { makeReport } from './results.ts';
import { type Scene, setScene } from './scene.ts';
import { type Outcome, Session } from './session.ts';
import { LOAD_TEST_OPTIONS, type Settings, readSettings } from './settings.ts';
import { renderReport } from './table.ts';

export const loadTest: Command = {
  name: 'load-test',
  summary:
    'Load a gateway in stages and judge it. Without a URL: a gateway of its own, one of whose origins is killed meanwhile.',
  operands: '[URL…]',
  options: LOAD_TEST_OPTIONS,
  examples: [
    'keystone load-test --quick',
    'keystone load-test https://gateway.example.com/ --connections 100 --durations 30s --max-p99 50ms --json -',
  ],
  run: runLoadTest,
};

async function runLoadTest(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const settings = readSettings(input);
  if (!settings.ok) return complain(terminal, settings.error, 2);
  const generator = findGenerator(settings.value.generator, process.cwd());
  if (!generator.ok) return complain(terminal, generator.error, 1);
  const unwritable = await findUnwritable(settings.value);
  if (unwritable !== null) return complain(terminal, unwritable, 1);
  const stop = stopOnSignal();
  const world = realWorld();
  const scene = await setScene(settings.value, world.clock);
  if (!scene.ok) return complain(terminal, scene.error, 1);
  try {
    return await load({
      settings: settings.value,
      generator: generator.value,
      scene: scene.value,
      world,
      terminal,
      stop,
    });
  } finally {
    await scene.value.stop();
  }
}

/** Finds a file that cannot be written, before the load rather than after it. The text is one line for people. */
async function findUnwritable({ json, html }: Settings): Promise<string | null> {
  for (const path of [json, html]) {
    if (path === null || path === '-') continue;
    try {
      await access(dirname(path), constants.W_OK);
    } catch (error) {
      return `cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return null;
}

type Test = {
  readonly settings: Settings;
  readonly generator: Generator;
  readonly scene: Scene;
  readonly world: World;
  readonly terminal: Terminal;
  readonly stop: AbortSignal;
};

const REDRAW_EVERY = millis(200);

async function load(test: Test): Promise<ExitCode> {
  const { scene, generator, world, terminal, stop } = test;
  const { clock } = world;
  const startedAt = clock.wall();
  const progress = new Progress(terminal.error, clock.now, process.stderr.isTTY);
  terminal.error(`load test of ${scene.url} by ${generator.name}\n`);
  const session = new Session({ scene, generator, clock, audience: progress, signal: stop });
  const stopDrawing = clock.every(REDRAW_EVERY, () => progress.draw(session));
  const outcomes = await session.run();
  stopDrawing();
  progress.end();
  if (stop.aborted) return complain(terminal, 'stopped before there was a verdict', 130);
  if (!outcomes.ok) return complain(terminal, outcomes.error, 1);
  const report = reportOf(test, session, outcomes.value, startedAt);
  return await publish(report, test);
}

function reportOf(
  { scene, generator, settings }: Test,
  session: Session,
  outcomes: readonly Outcome[],
  startedAt: number,
): Report {
  const { drill, watch, samples, throughput } = session;
  return makeReport(
    {
      gateway: scene.gateway,
      generator: generator.name,
      startedAt,
      duration: session.now(),
      outcomes,
      drill,
      looks: watch?.looks ?? [],
      samples,
      throughput: { step_ms: throughput.stepMillis, requests_per_second: throughput.perSecond() },
      notes: scene.notes,
    },
    settings.limits,
  );
}

/** Writes the results. If the JSON goes to standard output, the table for people goes to standard error. */
async function publish(report: Report, { settings, terminal }: Test): Promise<ExitCode> {
  const { json, html } = settings;
  const text = `${JSON.stringify(report, null, 2)}\n`;
  const print = json === '-' ? terminal.error : terminal.out;
  print(`\n${renderReport(report)}`);
  if (json === '-') terminal.out(text);
  const files = [
    ...(json === null || json === '-' ? [] : [{ path: json, text }]),
    ...(html === null ? [] : [{ path: html, text: renderPage(report) }]),
  ];
  for (const file of files) {
    try {
      await writeFile(file.path, file.text);
      print(`written: ${file.path}\n`);
    } catch (error) {
      return complain(
        terminal,
        `cannot write ${file.path}: ${error instanceof Error ? error.message : String(error)}`,
        1,
      );
    }
  }
  return report.verdict.passed ? 0 : 1;
}

function complain(terminal: Terminal, problem: string, code: ExitCode): ExitCode {
  terminal.error(`keystone: ${problem}\n`);
  return code;
}

/** Aborts at the first signal, which ends the load in good order; the second signal ends this process at once. */
function stopOnSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort();
    });
  }
  return controller.signal;
}
