// keystone drain: lets a backend finish what it has begun, for instance before a deploy.
import { ADDRESS_OPTIONS } from './admin-address.ts';
import type { BackendDetail } from './admin-answers.ts';
import { describeFailure, exitCodeOf } from './admin-failure.ts';
import type { Command, CommandInput, ExitCode, Terminal } from './contract.ts';
import { pause } from './interrupt.ts';
import { type Target, describeStanding, give, openTarget } from './operate.ts';

const LOOK_EVERY_MS = 250;

export const drain: Command = {
  name: 'drain',
  summary: 'Let a backend finish what it has begun: no new requests until it is enabled.',
  operands: '<tenant/backend>',
  completes: ['backends'],
  options: [
    {
      name: 'deadline',
      value: 'TIME',
      summary: 'cut off what is left then, such as 30s (default: nothing is ever cut)',
    },
    { name: 'wait', summary: 'show what is left, until it is drained (exit code 0) or cut (1)' },
    ...ADDRESS_OPTIONS,
  ],
  examples: [
    'keystone drain shop/a',
    'keystone drain shop/a --deadline 30s --wait && ./deploy-a && keystone enable shop/a',
  ],
  run: runDrain,
};

async function runDrain(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const target = await openTarget(input, terminal);
  if (!target.ok) return target.error;
  const { deadline, wait } = input.options;
  const query: Record<string, string> = typeof deadline === 'string' ? { deadline } : {};
  const report = await give(target.value, { command: 'drain', query }, terminal);
  if (!report.ok) return report.error;
  if (wait === true) return untilDrained(target.value, report.value, terminal);
  terminal.out(`${describeStanding(report.value)}\n`);
  return 0;
}

async function untilDrained({ client, name }: Target, first: BackendDetail, terminal: Terminal): Promise<ExitCode> {
  const never = new AbortController().signal;
  const progress = progressOn(terminal);
  let report = first;
  while (progressOf(report) === 'under way') {
    progress.show(`${name.tenant}/${name.backend}: ${report.reason ?? report.state}`);
    await pause(LOOK_EVERY_MS, never);
    const answer = await client.backend(name);
    if (!answer.ok) {
      progress.end();
      terminal.error(describeFailure(answer.error, client.address, name));
      return exitCodeOf(answer.error);
    }
    report = answer.value;
  }
  progress.end();
  return conclude(report, terminal);
}

type Progress = 'under way' | 'drained' | 'cut' | 'called off';

function progressOf({ admission, in_flight: inFlight, changes }: BackendDetail): Progress {
  if (admission !== 'draining') return 'called off';
  if (inFlight > 0) return 'under way';
  const begun = changes.findLastIndex(({ kind }) => kind === 'draining');
  return changes.slice(Math.max(0, begun)).some(({ kind }) => kind === 'cut') ? 'cut' : 'drained';
}

function conclude(report: BackendDetail, terminal: Terminal): ExitCode {
  const who = `${report.tenant}/${report.name}`;
  switch (progressOf(report)) {
    case 'drained':
      terminal.out(`${who} is drained: no request is left\n`);
      return 0;
    case 'cut': {
      const cut = report.changes.findLast(({ kind }) => kind === 'cut');
      terminal.error(`keystone: ${who} was not drained in time: ${cut?.detail ?? ''}\n`);
      return 1;
    }
    case 'called off':
    case 'under way':
      terminal.error(`keystone: ${who} is not being drained any more: somebody else has decided otherwise\n`);
      return 1;
  }
}

// On a terminal the same line is overwritten. Elsewhere a new line is printed whenever the text changes.
function progressOn(terminal: Terminal): { show(text: string): void; end(): void } {
  let last = '';
  return {
    show(text) {
      if (text === last) return;
      last = text;
      terminal.out(terminal.isInteractive ? `\r${text}\u001b[K` : `${text}\n`);
    },
    end() {
      if (last !== '' && terminal.isInteractive) terminal.out('\r\u001b[K');
    },
  };
}
