// The completion of bash, for version 3.2 and later. Words are taken from the line itself, since bash has divided its own words at
// colons as well.
import type { Completed } from '../contract.ts';
import { ADDRESS_WORDS, type CompletedCommand, type CompletedOption, quoted } from './contract.ts';

const COMPLETE = `_keystone() {
  local line=\${COMP_LINE:0:COMP_POINT} word before= command= what= options= list= current=
  local at=0 found
  local -a words address
  read -ra words <<< "$line"
  case "$line" in
    *[[:space:]]) ;;
    *) current=\${words[\${#words[@]} - 1]}; unset "words[\${#words[@]} - 1]" ;;
  esac
  for word in "\${words[@]:1}"; do
    if [ -n "$before" ]; then
      case "$before" in ${ADDRESS_WORDS.join('|')}) address+=("$before" "$word") ;; esac
      before=
    elif [ -z "$command" ]; then
      command=$word
    elif _keystone_value "$command" "$word"; then
      before=$word
    else
      case "$word" in -*) ;; *) at=$((at + 1)) ;; esac
    fi
  done
  if [ -z "$command" ]; then
    what=words list=$_keystone_commands
  elif [ -n "$before" ]; then
    _keystone_value "$command" "$before"
  elif [ "\${current:0:1}" = - ]; then
    _keystone_options "$command"
    what=words list=$options
  else
    _keystone_operand "$command" "$at"
  fi
  COMPREPLY=()
  case "$what" in
    files)
      compopt -o filenames 2> /dev/null
      while IFS= read -r found; do COMPREPLY+=("$found"); done < <(compgen -f -- "$current")
      ;;
    tenants | backends)
      list=$("\${words[0]}" completion "$what" "$current" "\${address[@]}" 2> /dev/null)
      ;;
  esac
  while IFS= read -r found; do COMPREPLY+=("$found"); done < <(compgen -W "$list" -- "$current")
  # A tenant is followed by its backends.
  case "\${COMPREPLY[0]}" in */) [ "$what" = backends ] && compopt -o nospace 2> /dev/null ;; esac
  # What is before the last colon stands there already.
  case "$COMP_WORDBREAKS$current" in *:*:*) COMPREPLY=("\${COMPREPLY[@]#"\${current%"\${current##*:}"}"}") ;; esac
}

complete -F _keystone keystone
`;

export function bash(commands: readonly CompletedCommand[]): string {
  return `# Completion of bash for keystone: source <(keystone completion bash)

_keystone_commands=${quoted(commands.map(({ name }) => name).join(' '))}

_keystone_value() {
  case "$1 $2" in
${commands.flatMap(({ name, options }) => options.flatMap((option) => valueCase(name, option))).join('\n')}
    *) return 1 ;;
  esac
}

_keystone_operand() {
  case "$1 $2" in
${commands.flatMap(({ name, operands }) => operands.map((operand, at) => `    ${quoted(`${name} ${at}`)}) ${setTo(operand)} ;;`)).join('\n')}
    *) what=nothing ;;
  esac
}

_keystone_options() {
  case "$1" in
${commands.map(({ name, options }) => `    ${name}) options=${quoted(longNames(options))} ;;`).join('\n')}
    *) options= ;;
  esac
}

${COMPLETE}`;
}

function valueCase(command: string, { names, value }: CompletedOption): readonly string[] {
  if (value === null) return [];
  return [`    ${names.map((name) => quoted(`${command} ${name}`)).join(' | ')}) ${setTo(value)} ;;`];
}

function setTo(completed: Completed): string {
  return typeof completed === 'string' ? `what=${completed}` : `what=words list=${quoted(completed.join(' '))}`;
}

function longNames(options: readonly CompletedOption[]): string {
  return options.map(({ names }) => names[0]).join(' ');
}
