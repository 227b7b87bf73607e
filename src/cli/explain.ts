// keystone explain: what would happen to a request, and why.
import type { LimitUse } from '../admit/tenant-limits.ts';
import { explanationJson } from '../admin/explanation-json.ts';
import { statusOf } from '../respond/failure-response.ts';
import { formatDuration, millis } from '../core/units.ts';
import { Gateway } from '../runtime/gateway.ts';
import { OWN_POOL } from '../core/pool-name.ts';
import type {
  BackendExplanation,
  Explanation,
  PassedOver,
  RouteExplanation,
  ShareExplanation,
} from '../forward/explain.ts';
import { compile } from '../plan/compile.ts';
import { realWorld } from '../world.ts';
import { askedListener } from './asked-listener.ts';
import { type Command, type CommandInput, type ExitCode, type Terminal, typed } from './contract.ts';
import { CONFIG_OPTION, configFile } from './config-option.ts';
import { readConfig } from './load.ts';

// Most probes are answered within milliseconds. A host that does not answer takes as long as the timeout of its check.
const PROBE_LIMIT = millis(3000);

export const explain: Command = {
  name: 'explain',
  summary: 'Tell where a request would go, and why: tenant, rule, backends. Probes the backends; serves nothing.',
  operands: '<method> <url>',
  options: [
    CONFIG_OPTION,
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
  ],
  examples: [
    'keystone explain GET http://shop.example.com/api/users?page=2',
    'keystone explain -c keystone.yaml --json POST http://localhost:8080/orders',
    "keystone explain -H 'Max-Forwards: 0' OPTIONS http://shop.example.com/",
  ],
  run: runExplain,
};

async function runExplain(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const [method = '', url = ''] = input.positionals;
  // `new URL` is of no use here: it would repair what the gateway refuses.
  const parts = /^https?:\/\/([^/?#\s]+)([/?][^\s]*)?$/i.exec(url);
  if (parts === null) {
    terminal.error(`keystone explain: ${url} is not a URL; expected one such as http://shop.example.com/api/users\n`);
    return 2;
  }
  const host = parts[1] ?? '';
  const tail = parts[2] ?? '/';
  const target = tail.startsWith('/') ? tail : `/${tail}`;
  const world = realWorld();
  const config = await readConfig(configFile(input), world, terminal);
  if (config === null) return 1;
  const listener = askedListener(config, url, typed(input, 'listener'));
  if (!listener.ok) {
    terminal.error(`keystone explain: ${listener.error}\n`);
    return 2;
  }
  const gateway = Gateway.offline({ plan: compile(config), world: { ...world, writeLog: () => {} } });
  await gateway.settled(PROBE_LIMIT);
  const request = { method, host, target, fields: input.lists['header'] ?? [] };
  const explanation = gateway.explain(request, listener.value?.name ?? null);
  gateway.stop();
  const shown = listener.value?.shown ?? null;
  if (input.options['json'] === true) {
    const where = shown === null ? {} : { listener: shown };
    terminal.out(`${JSON.stringify({ ...where, ...explanationJson(explanation) }, null, 2)}\n`);
  } else {
    const title = `${method} ${url}\n${shown === null ? '' : `  listener   ${shown}\n`}`;
    terminal.out(describe(title, explanation));
  }
  return 0;
}

function describe(title: string, explanation: Explanation): string {
  switch (explanation.kind) {
    case 'refused': {
      const status = statusOf(explanation.failure.code);
      return `${title}  answered by the gateway: ${status} ${explanation.failure.code}: ${explanation.failure.detail}\n`;
    }
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

type TenantExplanation = Extract<Explanation, { kind: 'tenant' }>;

function describeTenant(explanation: TenantExplanation): string {
  const { passedOver, backends, pool, policies } = explanation;
  const lines = [
    `  tenant     ${explanation.tenant}: ${explanation.rule} (${explanation.why})`,
    ...passedOver.map(describePassedOver),
    ...describeRoute(explanation.route),
    ...describePool(explanation),
    ...(policies.length === 0 ? [] : [`  policies   ${policies.join(', ')}`]),
    `  target     ${explanation.target}`,
    `  forwarded  ${explanation.forwarded ?? 'nowhere: no backend is known yet'}${prefixNote(explanation.strippedPrefix)}`,
    ...backends.map((backend, at) => {
      const label = at === 0 ? 'backends' : '';
      const state = stateOf(backend);
      return `  ${label.padEnd(9)}${backend.isPicked ? '→' : ' '} ${backend.name}  ${backend.url}  ${state}`;
    }),
  ];
  lines.push(`  share      ${describeShare(explanation.share)}`);
  lines.push(`  limits     ${explanation.limits.map(describeLimit).join(', ')}`);
  if (pool === null) lines.push('  answer     404: no route of the tenant matches, and it has no services of its own');
  else if (!backends.some((backend) => backend.isPicked)) lines.push('  answer     503: no backend is eligible');
  return `${lines.join('\n')}\n`;
}

function describeLimit({ name, limit, used }: LimitUse): string {
  return `${name} ${limit ?? 'none'}${used === null ? '' : ` (${used} at the moment)`}`;
}

function describeShare({ weight, ofWeights, patience }: ShareExplanation): string {
  const part =
    weight === ofWeights
      ? 'all of the processor'
      : `${Math.round((1000 * weight) / ofWeights) / 10} % of the processor`;
  return `${part} while all tenants want it (weight ${weight} of ${ofWeights}); beyond it requests wait, ${formatDuration(patience)} at most`;
}

function describePool({ pool, poolBy }: Pick<TenantExplanation, 'pool' | 'poolBy'>): readonly string[] {
  if (pool !== null && poolBy !== null) return [`  pool       ${pool} (${poolBy.policy}: ${poolBy.why})`];
  return pool === null || pool === OWN_POOL ? [] : [`  pool       ${pool}`];
}

function describeRoute(route: RouteExplanation | null): readonly string[] {
  if (route === null) return [];
  const title = route.name === null ? route.rule : `${route.name}: ${route.rule}`;
  return [`  route      ${title} (${route.why})`, ...route.passedOver.map(describePassedOver)];
}

function describePassedOver({ name, rule, why }: PassedOver): string {
  return `             not ${name === null ? '' : `${name}: `}${rule} matches too, but ${why}`;
}

function prefixNote(stripped: string | null): string {
  return stripped === null ? '' : `, with X-Forwarded-Prefix: ${stripped}`;
}

function stateOf({ reason, isPicked }: BackendExplanation): string {
  if (!isPicked) return reason ?? 'eligible';
  return reason === null ? 'eligible; picked' : `${reason}; picked, because none is eligible`;
}
