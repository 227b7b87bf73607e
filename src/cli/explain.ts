// keystone explain: what would happen to a request, and why.
import type { z } from 'zod';
import { explanationJson } from '../admin/explanation-json.ts';
import { explanation as explanationAnswer } from '../admin/shapes/explanation.ts';
import { bytes, formatDuration, formatSize, millis } from '../core/units.ts';
import { Gateway } from '../runtime/gateway.ts';
import { OWN_POOL } from '../core/pool-name.ts';
import { compile } from '../plan/compile.ts';
import { realWorld } from '../world.ts';
import { type Result, err, ok } from '../core/result.ts';
import { ADDRESS_OPTIONS } from './admin-address.ts';
import { openAdmin } from './admin-client.ts';
import { describeFailure, exitCodeOf } from './admin-failure.ts';
import { askedListener } from './asked-listener.ts';
import { type Command, type CommandInput, type ExitCode, METHODS, type Terminal, typed } from './contract.ts';
import { configFile } from './config-option.ts';
import { readConfig } from './load.ts';

// Most probes are answered within milliseconds. A host that does not answer takes as long as the timeout of its check.
const PROBE_LIMIT = millis(3000);

export const explain: Command = {
  name: 'explain',
  summary: 'Tell where a request would go, and why: tenant, rule, backends. Probes them, or asks the running gateway.',
  operands: '<method> <url>',
  completes: [METHODS],
  options: [
    { name: 'live', summary: 'ask the running gateway: what is in force, by the verdicts of the moment' },
    {
      name: 'header',
      short: 'H',
      value: '<name: value>',
      isList: true,
      summary: 'a field of the request; may be repeated',
    },
    {
      name: 'listener',
      value: 'NAME',
      summary: 'the listener it comes to, by name or address (default: the one that the URL fits)',
    },
    { name: 'json', summary: 'print JSON' },
    ...ADDRESS_OPTIONS,
  ],
  examples: [
    'keystone explain GET http://shop.example.com/api/users?page=2',
    'keystone explain -c keystone.yaml --json POST http://localhost:8080/orders',
    "keystone explain -H 'Max-Forwards: 0' OPTIONS http://shop.example.com/",
    'keystone explain --live GET http://shop.example.com/api/users',
  ],
  run: runExplain,
};

/** What is asked. */
type Asked = {
  readonly method: string;
  readonly url: string;
  readonly host: string;
  readonly target: string;
  readonly fields: readonly string[];
};

/** `listener`: which one the request is taken to come to, in words; null: any. */
type Explained = { readonly explanation: object; readonly listener: string | null };

async function runExplain(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const [method = '', url = ''] = input.positionals;
  // `new URL` is of no use here: it would repair what the gateway refuses.
  const parts = /^https?:\/\/([^/?#\s]+)([/?][^\s]*)?$/i.exec(url);
  if (parts === null) {
    terminal.error(`keystone explain: ${url} is not a URL; expected one such as http://shop.example.com/api/users\n`);
    return 2;
  }
  const [, host = '', tail = '/'] = parts;
  const target = tail.startsWith('/') ? tail : `/${tail}`;
  const asked = { method, url, host, target, fields: input.lists['header'] ?? [] };
  const explained = await (input.options['live'] === true ? askGateway : askConfiguration)(asked, input, terminal);
  if (!explained.ok) return explained.error;
  const { explanation, listener } = explained.value;
  if (input.options['json'] === true) {
    const where = listener === null ? {} : { listener };
    terminal.out(`${JSON.stringify({ ...where, ...explanation }, null, 2)}\n`);
    return 0;
  }
  const title = `${method} ${url}\n${listener === null ? '' : `  listener   ${listener}\n`}`;
  const known = explanationAnswer.safeParse(explanation);
  if (!known.success) {
    terminal.error(
      'keystone explain: the gateway answers in a way that this version does not know; --json prints it\n',
    );
    return 1;
  }
  terminal.out(describe(title, known.data));
  return 0;
}

// By the file, with backends that are probed now.
async function askConfiguration(
  { url, ...request }: Asked,
  input: CommandInput,
  terminal: Terminal,
): Promise<Result<Explained, ExitCode>> {
  const world = realWorld();
  const config = await readConfig(configFile(input), world, terminal);
  if (config === null) return err(1);
  const listener = askedListener(config, url, typed(input, 'listener'));
  if (!listener.ok) {
    terminal.error(`keystone explain: ${listener.error}\n`);
    return err(2);
  }
  const gateway = Gateway.offline({ plan: compile(config), world: { ...world, writeLog: () => {} } });
  await gateway.settled(PROBE_LIMIT);
  const explanation = gateway.explain(request, listener.value?.name ?? null);
  gateway.stop();
  return ok({ explanation: explanationJson(explanation), listener: listener.value?.shown ?? null });
}

// By what is in force, and by the traffic and the verdicts of the moment.
async function askGateway(
  { method, url, fields }: Asked,
  input: CommandInput,
  terminal: Terminal,
): Promise<Result<Explained, ExitCode>> {
  const refuse = (why: string): Result<never, ExitCode> => {
    terminal.error(`keystone explain: ${why}\n`);
    return err(2);
  };
  if (typed(input, 'listener') !== null) return refuse('--listener is for the configuration, not for --live');
  const headers = new Map<string, string>();
  for (const field of fields) {
    const [, name, value = ''] = /^([^:\s]+):\s*(.*)$/.exec(field) ?? [];
    if (name === undefined)
      return refuse(`${JSON.stringify(field)} is no field; expected one such as "Accept: text/html"`);
    if (headers.has(name)) return refuse(`--live takes each field once, and ${name} is there twice`);
    headers.set(name, value);
  }
  const opened = await openAdmin(input, terminal);
  if (!opened.ok) return opened;
  const answer = await opened.value.explain({ method, url, headers: Object.fromEntries(headers) });
  if (answer.ok) return ok({ explanation: answer.value, listener: null });
  terminal.error(describeFailure(answer.error, opened.value.address, null));
  return err(exitCodeOf(answer.error));
}

type ExplanationAnswer = z.output<typeof explanationAnswer>;

function describe(title: string, explanation: ExplanationAnswer): string {
  switch (explanation.kind) {
    case 'refused':
      return `${title}  answered by the gateway: ${explanation.status} ${explanation.code}: ${explanation.detail}\n`;
    case 'redirect':
      return `${title}  answered by the gateway: 308 to ${explanation.location}: only the path with a slash at its end has a route\n`;
    case 'answered':
      return `${title}  answered by the gateway: ${explanation.status}: Max-Forwards is 0, so that it is not passed on\n`;
    case 'admin':
      return `${title}  answered by the gateway: the admin API\n`;
    case 'tenant':
      return title + describeTenant(explanation);
  }
}

type TenantExplanation = Extract<ExplanationAnswer, { kind: 'tenant' }>;
type RouteExplanation = TenantExplanation['route'];
type PassedOver = TenantExplanation['passed_over'][number];

function describeTenant(explanation: TenantExplanation): string {
  const { passed_over: passedOver, backends, pool, policies } = explanation;
  const lines = [
    `  tenant     ${explanation.tenant}: ${explanation.rule} (${explanation.why})`,
    ...passedOver.map(describePassedOver),
    ...describeRoute(explanation.route),
    ...describePool(explanation),
    ...(policies.length === 0 ? [] : [`  policies   ${policies.join(', ')}`]),
    `  target     ${explanation.target}`,
    `  forwarded  ${explanation.forwarded ?? 'nowhere: no backend is known yet'}${prefixNote(explanation.stripped_prefix)}`,
    ...backends.map((backend, at) => {
      const label = at === 0 ? 'backends' : '';
      const state = stateOf(backend);
      return `  ${label.padEnd(9)}${backend.is_picked ? '→' : ' '} ${backend.name}  ${backend.url}  ${state}`;
    }),
  ];
  lines.push(`  share      ${describeShare(explanation.share)}`);
  lines.push(`  limits     ${explanation.limits.map(describeLimit).join(', ')}`);
  if (pool === null) lines.push('  answer     404: no route of the tenant matches, and it has no services of its own');
  else if (!backends.some((backend) => backend.is_picked)) lines.push('  answer     503: no backend is eligible');
  return `${lines.join('\n')}\n`;
}

const IN_BYTES: ReadonlySet<string> = new Set(['bandwidth', 'buffered_bytes']);

function describeLimit({ name, limit, used }: TenantExplanation['limits'][number]): string {
  const shown = (figure: number): string => (IN_BYTES.has(name) ? formatSize(bytes(figure)) : String(figure));
  return `${name} ${limit === null ? 'none' : shown(limit)}${used === null ? '' : ` (${shown(used)} at the moment)`}`;
}

function describeShare({ weight, of_weights: ofWeights, patience }: TenantExplanation['share']): string {
  const part =
    weight === ofWeights
      ? 'all of the processor'
      : `${Math.round((1000 * weight) / ofWeights) / 10} % of the processor`;
  return `${part} while all tenants want it (weight ${weight} of ${ofWeights}); beyond it requests wait, ${formatDuration(millis(patience))} at most`;
}

function describePool({ pool, pool_by: poolBy }: TenantExplanation): readonly string[] {
  if (pool !== null && poolBy !== null) return [`  pool       ${pool} (${poolBy.policy}: ${poolBy.why})`];
  return pool === null || pool === OWN_POOL ? [] : [`  pool       ${pool}`];
}

function describeRoute(route: RouteExplanation): readonly string[] {
  if (route === null) return [];
  const title = route.name === null ? route.rule : `${route.name}: ${route.rule}`;
  return [`  route      ${title} (${route.why})`, ...route.passed_over.map(describePassedOver)];
}

function describePassedOver({ name, rule, why }: PassedOver): string {
  return `             not ${name === null ? '' : `${name}: `}${rule} matches too, but ${why}`;
}

function prefixNote(stripped: string | null): string {
  return stripped === null ? '' : `, with X-Forwarded-Prefix: ${stripped}`;
}

function stateOf({ reason, is_picked: isPicked }: TenantExplanation['backends'][number]): string {
  if (!isPicked) return reason ?? 'eligible';
  return reason === null ? 'eligible; picked' : `${reason}; picked, because none is eligible`;
}
