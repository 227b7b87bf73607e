// The completion of fish, with what each command and option is for.
import type { Completed } from '../contract.ts';
import { ADDRESS_WORDS, type CompletedCommand, type CompletedOption } from './contract.ts';

const NAMES = `# Names that the gateway knows of.
function __keystone_names
    string match -q -- '-*' (commandline -ct); and return
    set -l words (commandline -opc)
    set -l address
    set -l before
    for word in $words
        contains -- "$before" ${ADDRESS_WORDS.join(' ')}; and set -a address $before $word
        set before $word
    end
    $words[1] completion $argv[1] (commandline -ct) $address 2> /dev/null
end

`;

export function fish(commands: readonly CompletedCommand[]): string {
  return `# Completion of fish for keystone: keystone completion fish | source

# Whether the cursor is at an operand of a command: at which one, from 0.
function __keystone_at
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test "$words[2]" = "$argv[1]"; or return 1
    set -l at 0
    set -l takes_value no
    for word in $words[3..-1]
        if test $takes_value = yes
            set takes_value no
            continue
        end
        switch "$words[2] $word"
            case ${commands.flatMap(withValues).map(quoted).join(' ')}
                set takes_value yes
            case '* -*'
            case '*'
                set at (math $at + 1)
        end
    end
    test $takes_value = no; and test $at -eq "$argv[2]"
end

${NAMES}complete -c keystone -f
${commands.map(({ name, summary }) => `complete -c keystone -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`).join('\n')}
${commands.flatMap((command) => [...command.options.map((option) => optionLine(command, option)), ...command.operands.flatMap((operand, at) => operandLine(command, operand, at))]).join('\n')}
`;
}

function withValues({ name, options }: CompletedCommand): readonly string[] {
  return options.flatMap((option) => (option.value === null ? [] : option.names.map((one) => `${name} ${one}`)));
}

function optionLine({ name: command }: CompletedCommand, { names, value, summary }: CompletedOption): string {
  const [long = '', short] = names;
  const letters = short === undefined ? '' : ` -s ${short.slice(1)}`;
  const takes = value === null ? '' : ` ${value === 'files' ? '-r' : '-x'}${argumentsOf(value)}`;
  return `complete -c keystone -n '__fish_seen_subcommand_from ${command}' -l ${long.slice(2)}${letters}${takes} -d ${quoted(summary)}`;
}

function operandLine({ name: command }: CompletedCommand, operand: Completed, at: number): readonly string[] {
  const given = argumentsOf(operand);
  return given === '' ? [] : [`complete -c keystone -n '__keystone_at ${command} ${at}'${given}`];
}

function argumentsOf(completed: Completed): string {
  switch (completed) {
    case 'nothing':
      return '';
    case 'files':
      return ' -F';
    case 'tenants':
    case 'backends':
      return ` -a '(__keystone_names ${completed})'`;
    default:
      return ` -a ${quoted(completed.join(' '))}`;
  }
}

// Within single quotes fish knows two escapes.
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
