// What the commands about one backend have in common.
import { err, ok, type Result } from '../core/result.ts';
import { ADDRESS_OPTIONS } from './admin-address.ts';
import type { BackendDetail } from './admin-answers.ts';
import { type AdminClient, openAdmin } from './admin-client.ts';
import { describeFailure, exitCodeOf } from './admin-failure.ts';
import { type BackendName, parseBackendName } from './backend-name.ts';
import type { Command, CommandInput, ExitCode, Terminal } from './contract.ts';
import { besideState } from './status/state.ts';
import { formatWeight } from './status/table.ts';

/** A backend of a gateway that has been reached. */
export type Target = { readonly client: AdminClient; readonly name: BackendName };

/** Reads the name of the backend and finds the gateway. On failure prints what is wrong and returns the exit code. */
export async function openTarget(input: CommandInput, terminal: Terminal): Promise<Result<Target, ExitCode>> {
  const typed = input.positionals[0] ?? '';
  const name = parseBackendName(typed);
  if (name === null) {
    terminal.error(`keystone: ${typed} is no backend; expected TENANT/BACKEND, such as shop/a\n`);
    return err(2);
  }
  const opened = await openAdmin(input, terminal);
  return opened.ok ? ok({ client: opened.value, name }) : opened;
}

export type Order = { readonly command: string; readonly query?: Readonly<Record<string, string>> };

/** Gives an order. On failure prints why and returns the exit code. */
export async function give(
  { client, name }: Target,
  { command, query = {} }: Order,
  terminal: Terminal,
): Promise<Result<BackendDetail, ExitCode>> {
  const answer = await client.command(name, command, query);
  if (answer.ok) {
    const { warning } = answer.value;
    if (warning !== undefined) terminal.error(`keystone: warning: ${warning}\n`);
    return answer;
  }
  terminal.error(describeFailure(answer.error, client.address, name));
  return err(exitCodeOf(answer.error));
}

type Simple = Pick<Command, 'name' | 'summary' | 'examples'> & {
  readonly operands?: string;
  readonly options?: Command['options'];
  readonly order: (input: CommandInput) => Order;
};

/** A command that gives one order and prints the state of the backend after it. */
export function simpleOrder({
  name,
  summary,
  examples,
  operands = '<tenant/backend>',
  options = [],
  order,
}: Simple): Command {
  return {
    name,
    summary,
    operands,
    completes: ['backends'],
    options: [...options, ...ADDRESS_OPTIONS],
    examples,
    async run(input, terminal) {
      const target = await openTarget(input, terminal);
      if (!target.ok) return target.error;
      const report = await give(target.value, order(input), terminal);
      if (!report.ok) return report.error;
      terminal.out(`${describeStanding(report.value)}\n`);
      return 0;
    },
  };
}

/** `shop/a is healthy, weight 1`. */
export function describeStanding({ tenant, name, state, reason, weight }: BackendDetail): string {
  const why = reason === null || reason === state ? '' : ` (${besideState(reason, state)})`;
  return `${tenant}/${name} is ${state}${why}, weight ${formatWeight(weight)}`;
}
