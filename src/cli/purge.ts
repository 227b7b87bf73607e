// keystone purge: has answers of a tenant forgotten that its cache keeps.
import { ADDRESS_OPTIONS } from './admin-address.ts';
import { openAdmin } from './admin-client.ts';
import { describeFailure, exitCodeOf } from './admin-failure.ts';
import { type Command, type CommandInput, type ExitCode, type Terminal, typed } from './contract.ts';

export const purge: Command = {
  name: 'purge',
  summary: 'Have answers forgotten that a cache policy keeps, in all processes.',
  operands: '<tenant>',
  completes: ['tenants'],
  options: [
    { name: 'address', value: 'URL', summary: 'those of that address; without a query those of all queries' },
    { name: 'tag', value: 'TAG', summary: 'those to which a backend has given that tag' },
    { name: 'all', summary: 'all of the tenant' },
    ...ADDRESS_OPTIONS,
  ],
  examples: [
    'keystone purge shop --address https://shop.example.com/catalogue/7',
    'keystone purge shop --tag product-7',
    'keystone purge shop --all',
  ],
  run: runPurge,
};

async function runPurge(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const [tenant = ''] = input.positionals;
  const orders = ordersIn(input);
  const [order] = orders;
  if (order === undefined || orders.length > 1) {
    terminal.error('keystone: what to purge is not said, or said twice; expected --address, --tag or --all\n');
    return 2;
  }
  const opened = await openAdmin(input, terminal);
  if (!opened.ok) return opened.error;
  const answer = await opened.value.purge(tenant, order.query);
  if (!answer.ok) {
    terminal.error(describeFailure(answer.error, opened.value.address, { tenant, backend: '' }));
    return exitCodeOf(answer.error);
  }
  terminal.out(`${tenant}: ${order.words} is forgotten\n`);
  return 0;
}

type Order = { readonly query: Readonly<Record<string, string>>; readonly words: string };

function ordersIn(input: CommandInput): readonly Order[] {
  const url = typed(input, 'address');
  const tag = typed(input, 'tag');
  return [
    ...(url === null ? [] : [{ query: { url }, words: url }]),
    ...(tag === null ? [] : [{ query: { tag }, words: `what has the tag ${tag}` }]),
    ...(input.options['all'] === true ? [{ query: { all: 'true' }, words: 'all that was kept' }] : []),
  ];
}
