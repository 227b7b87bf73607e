// The completion of zsh, with what each command and option is for.
import type { Completed } from '../contract.ts';
import { ADDRESS_WORDS, type CompletedCommand, type CompletedOption, quoted } from './contract.ts';

const COMPLETE = `_keystone() {
  local word before= command= what= name
  local -i at=0
  local -a described list address names
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if [[ -n "$before" ]]; then
      [[ "$before" == (${ADDRESS_WORDS.join('|')}) ]] && address+=("$before" "$word")
      before=
    elif [[ -z "$command" ]]; then
      command=$word
    elif _keystone_value "$command" "$word"; then
      before=$word
    elif [[ "$word" != -* ]]; then
      at+=1
    fi
  done
  if [[ -z "$command" ]]; then
    _keystone_options ''
    _describe -t commands command described
    return
  elif [[ -n "$before" ]]; then
    _keystone_value "$command" "$before"
  elif [[ "\${words[CURRENT]}" == -* ]]; then
    _keystone_options "$command"
    _describe -t options option described
    return
  else
    _keystone_operand "$command" "$at"
  fi
  case "$what" in
    (words) compadd -- "\${list[@]}" ;;
    (files) _files ;;
    (tenants | backends)
      names=("\${(@f)$("\${words[1]}" completion "$what" "\${words[CURRENT]}" "\${address[@]}" 2> /dev/null)}")
      # A tenant is followed by its backends.
      for name in "\${names[@]}"; do
        [[ -z "$name" ]] && continue
        if [[ "$name" == */ ]]; then compadd -S '' -- "$name"; else compadd -- "$name"; fi
      done
      ;;
  esac
}

# Loaded from $fpath, this file is the function itself when it is first needed.
if [[ "\${funcstack[1]}" == _keystone ]]; then _keystone "$@"; else compdef _keystone keystone; fi
`;

export function zsh(commands: readonly CompletedCommand[]): string {
  return `#compdef keystone
# Completion of zsh for keystone: source <(keystone completion zsh), or as _keystone in a folder of $fpath

_keystone_value() {
  case "$1 $2" in
${commands.flatMap(({ name, options }) => options.flatMap((option) => valueCase(name, option))).join('\n')}
    (*) return 1 ;;
  esac
}

_keystone_operand() {
  case "$1 $2" in
${commands.flatMap(({ name, operands }) => operands.map((operand, at) => `    (${quoted(`${name} ${at}`)}) ${setTo(operand)} ;;`)).join('\n')}
    (*) what=nothing ;;
  esac
}

_keystone_options() {
  case "$1" in
${commands.map(({ name, options }) => `    (${name}) described=(${options.map(describedOption).join(' ')}) ;;`).join('\n')}
    (*) described=(${commands.map(({ name, summary }) => quoted(`${name}:${summary}`)).join(' ')}) ;;
  esac
}

${COMPLETE}`;
}

function valueCase(command: string, { names, value }: CompletedOption): readonly string[] {
  if (value === null) return [];
  return [`    (${names.map((name) => quoted(`${command} ${name}`)).join(' | ')}) ${setTo(value)} ;;`];
}

function setTo(completed: Completed): string {
  return typeof completed === 'string' ? `what=${completed}` : `what=words list=(${completed.map(quoted).join(' ')})`;
}

function describedOption({ names: [name = ''], summary }: CompletedOption): string {
  return quoted(`${name}:${summary}`);
}
