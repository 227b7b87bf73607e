// keystone maintenance: keeps everybody out of a tenant's site for a while, and lets them in again.
import { ADDRESS_OPTIONS } from './admin-address.ts';
import { openAdmin } from './admin-client.ts';
import { describeFailure, exitCodeOf } from './admin-failure.ts';
import { type Command, type CommandInput, type ExitCode, type Terminal, typed } from './contract.ts';

const ORDERS: readonly string[] = ['on', 'off', 'configured'];

export const maintenance: Command = {
  name: 'maintenance',
  summary: "Turn a tenant's maintenance policy on or off, without a reload.",
  operands: '<on|off|configured> <tenant>',
  completes: [['on', 'off', 'configured'], 'tenants'],
  options: [
    { name: 'policy', value: 'NAME', summary: 'the one of that name alone (default: all of the tenant)' },
    ...ADDRESS_OPTIONS,
  ],
  examples: ['keystone maintenance on shop', 'keystone maintenance off shop --policy checkout'],
  run: runMaintenance,
};

async function runMaintenance(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const [order = '', tenant = ''] = input.positionals;
  if (!ORDERS.includes(order)) {
    terminal.error(`keystone: ${order} is no order; expected ${ORDERS.join(', ')}, and then the name of a tenant\n`);
    return 2;
  }
  const opened = await openAdmin(input, terminal);
  if (!opened.ok) return opened.error;
  const client = opened.value;
  const answer = await client.maintenance(tenant, order, typed(input, 'policy'));
  if (!answer.ok) {
    terminal.error(describeFailure(answer.error, client.address, { tenant, backend: '' }));
    return exitCodeOf(answer.error);
  }
  for (const { policy, active, decided } of answer.value.maintenance) {
    const why = decided === null ? 'as configured' : 'by an operator';
    terminal.out(`${tenant}: ${policy} is ${active ? 'on' : 'off'}, ${why}\n`);
  }
  return 0;
}
