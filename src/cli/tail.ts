// keystone tail: requests of the running gateway as they end.
import { ADDRESS_OPTIONS } from './admin-address.ts';
import type { RequestList, RequestRow } from './admin-answers.ts';
import { openAdmin } from './admin-client.ts';
import { describeFailure, exitCodeOf } from './admin-failure.ts';
import { latency } from './charts.ts';
import { type Command, type CommandInput, type ExitCode, METHODS, type Terminal, typed } from './contract.ts';
import { ANSWERS_AGAIN, follow } from './follow.ts';
import { screenOptions } from './full-screen.ts';
import { interruption } from './interrupt.ts';
import { type Line, type Tone, paint, span } from './paint.ts';

// As many as the gateway keeps, so that none is left out between two questions.
const MOST = '500';
const FILTERS = ['tenant', 'status', 'slower', 'method', 'path'] as const;

export const tail: Command = {
  name: 'tail',
  summary:
    'Print the requests of the running gateway as they end, until Ctrl-C; by tenant, status, time, method or path.',
  operands: '',
  options: [
    { name: 'tenant', short: 't', value: 'NAME', completes: 'tenants', summary: 'only of that tenant' },
    {
      name: 'status',
      short: 's',
      value: 'STATUS',
      summary: 'only with that status, such as 503, or class, such as 5xx',
    },
    { name: 'slower', value: 'DURATION', summary: 'only those that took longer, such as 500ms' },
    { name: 'method', short: 'm', value: 'METHOD', completes: METHODS, summary: 'only with that method' },
    { name: 'path', short: 'p', value: 'TEXT', summary: 'only with that in their path' },
    { name: 'once', summary: 'print the latest that are worth a look, and end' },
    { name: 'json', summary: 'print a JSON object on each line' },
    ...ADDRESS_OPTIONS,
  ],
  examples: [
    'keystone tail',
    'keystone tail --tenant shop --status 5xx --slower 500ms',
    'keystone tail --once --json | jq .path',
  ],
  run: runTail,
};

async function runTail(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const signal = input.options['once'] === true ? null : interruption();
  const opened = await openAdmin(input, terminal, signal);
  if (!opened.ok) return opened.error;
  const client = opened.value;
  const filter = filterOf(input);
  const first = await client.requests(filter, 0);
  if (!first.ok) {
    terminal.error(describeFailure(first.error, client.address, null));
    return exitCodeOf(first.error);
  }
  const print = printer(input, terminal);
  print(first.value.requests);
  if (signal === null) {
    const isWhole = FILTERS.every((name) => typed(input, name) === null);
    if (first.value.requests.length === 0 && input.options['json'] !== true)
      terminal.error(`keystone: no request ${isWhole ? 'has ended yet' : 'that is known is like that'}\n`);
    return 0;
  }
  let { latest } = first.value;
  const heard = (answer: RequestList, wasLost: boolean): void => {
    if (wasLost) terminal.error(ANSWERS_AGAIN);
    ({ latest } = answer);
    print(answer.requests);
  };
  return await follow({ client, signal, terminal, ask: (wait) => client.requests(filter, latest, wait), heard });
}

type Filter = Readonly<Record<string, string>>;

function filterOf(input: CommandInput): Filter {
  const filter: Record<string, string> = { limit: MOST };
  for (const name of FILTERS) {
    const value = typed(input, name);
    if (value !== null) filter[name] = value;
  }
  return filter;
}

type Print = (requests: readonly RequestRow[]) => void;

function printer(input: CommandInput, terminal: Terminal): Print {
  const { color } = screenOptions(terminal, input.environment);
  const format =
    input.options['json'] === true
      ? (request: RequestRow) => JSON.stringify(request)
      : (request: RequestRow) => paint(requestLine(request), Number.POSITIVE_INFINITY, color);
  return (list) => terminal.out(list.map((request) => `${format(request)}\n`).join(''));
}

/** A request as a line: what came of it first, and why there is no answer of a backend last. */
export function requestLine(request: RequestRow): Line {
  const { time, status, duration_ms: duration, tenant, method, host, path } = request;
  const why = request.failure ?? request.refused_by;
  return [
    span(`${time}  `, 'faint'),
    span(status === 0 ? '  -' : String(status), toneOf(status)),
    span(`  ${latency(duration).padStart(6)}  `),
    span(tenant ?? '-', 'strong'),
    span(request.backend === null ? '' : `/${request.backend}`, 'faint'),
    span(`  ${method} ${host}${path}`),
    span(
      request.tried.length < 2
        ? ''
        : `  after ${request.tried.map(({ backend, outcome }) => `${backend} ${outcome}`).join(', ')}`,
      'act',
    ),
    span(why === null ? '' : `  ${why}`, 'bad'),
  ];
}

function toneOf(status: number): Tone {
  if (status === 0 || status >= 500) return 'bad';
  return status >= 400 ? 'act' : 'good';
}
