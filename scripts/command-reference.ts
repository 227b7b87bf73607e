// The reference of the command line, made of what each command says of itself.
import { ADDRESS_OPTIONS } from '../src/cli/admin-address.ts';
import type { Command, CommandOption } from '../src/cli/contract.ts';
import { commands } from '../src/cli/registry.ts';
import { tools } from '../tools/registry.ts';

const INTRODUCTION = `# The command line

<!-- Made of the commands themselves by scripts/generate.ts; changes go there. -->

\`keystone COMMAND\`, or \`bin/keystone COMMAND\` in a clone. \`keystone help COMMAND\` says in the terminal what stands here, and
\`keystone completion\` lets shells complete it ([installing](../guide/install.md#in-the-shell)). Options are written with two
dashes or one, and take their value as \`--option VALUE\` or \`--option=VALUE\`.

Exit codes: 0 it is done; 1 it failed, and says why; 2 it was not understood; 69 the runtime is not installed; 130 it was stopped
by Ctrl-C.`;

const ADDRESS = `## Which gateway

Commands that talk to a running gateway have these options. How it is found without them:
[operating](../guide/operating.md).`;

/** The page. */
export function commandReference(): string {
  const all: readonly Command[] = [...commands, ...tools];
  const list = all.map(({ name, summary }) => `| [\`${name}\`](#${name}) | ${cell(summary)} |`);
  const parts = [
    INTRODUCTION,
    ['| Command | |', '|---|---|', ...list].join('\n'),
    `${ADDRESS}\n\n${optionTable(ADDRESS_OPTIONS)}`,
    ...all.map(section),
  ];
  return `${parts.join('\n\n')}\n`;
}

function section({ name, summary, operands, options, examples }: Command): string {
  const asks = ADDRESS_OPTIONS.every((option) => options.includes(option));
  const own = options.filter((option) => !asks || !ADDRESS_OPTIONS.includes(option));
  const parts = [
    `## ${name}`,
    summary,
    ['```sh', ...examples, '```'].join('\n'),
    ...(operands === '' ? [] : [`Operands: \`${operands}\``]),
    ...(own.length === 0 ? [] : [optionTable(own)]),
    ...(asks ? ['And [which gateway](#which-gateway) it is about.'] : []),
  ];
  return parts.join('\n\n');
}

function optionTable(options: readonly CommandOption[]): string {
  const rows = options.map(({ name, short, value, summary }) => {
    const long = `\`--${name}${value === undefined ? '' : ` ${value}`}\``;
    return `| ${short === undefined ? long : `${long}, \`-${short}\``} | ${cell(summary)} |`;
  });
  return ['| Option | |', '|---|---|', ...rows].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
