/** Completion for bash: bash(1), "Programmable Completion". */

import {
  ASKS,
  insteadOfVerb,
  kind,
  optionNames,
  optionsOf,
  origin,
  places,
  shellQuoted,
  type Verb,
  verbsOf,
} from "./completion.ts";
import type { Command } from "./declaration.ts";

/** The file `vms-NAME`, which bash-completion finds by its name. */
export function bashCompletion(command: Command): string {
  const verbs = verbsOf(command);
  const filled: Record<string, string> = {
    NAME: command.name,
    ID: command.name.replaceAll("-", "_"),
    VERBS: verbs.map(([name]) => name).join(" "),
    VALUES: verbs.flatMap(valueCases).join("\n"),
    OPTIONS: verbs.map(optionsCase).join("\n"),
    OPERANDS: verbs.flatMap(operandCases).join("\n"),
    OTHERWISE: otherwise(command),
    ASKS: Object.entries(ASKS).map(([name, lines]) =>
      `    ${name}) ${lines.join("; ")} ;;`
    ).join("\n"),
  };
  const body = TEMPLATE.replace(/@([A-Z]+)@/g, (_, key) => filled[key]!);
  return `${origin(command.name)}\n# shellcheck shell=bash\n\n${body}`;
}

/** The file `vms`: the first word is a command, which completes the others. */
export function bashToolkit(names: string[]): string {
  const words = names.map((name) => name.slice("vms-".length)).join(" ");
  const body = TOOLKIT.replace("@WORDS@", words);
  return `${origin("vms")}\n# shellcheck shell=bash\n\n${body}`;
}

function valueCases([verb, action]: Verb): string[] {
  return optionsOf(action).filter(([, option]) => option.value).map(
    ([name, option]) => {
      const keys = optionNames(name, option).map((word) => `'${verb} ${word}'`);
      const set = shellQuoted(kind(option.complete));
      return `    ${keys.join(" | ")}) kind=${set} ;;`;
    },
  );
}

/** Where verbs are offered, what else the first word may be. */
function otherwise(command: Command): string {
  const operand = insteadOfVerb(command);
  if (!operand) return "";
  const set = shellQuoted(kind(operand.complete));
  return [
    "",
    '  if [[ $kind == "words:$verbs" ]]; then',
    `    _vms_offer ${set} '' "$current"`,
    "  fi",
  ].join("\n");
}

function optionsCase([verb, action]: Verb): string {
  const words = optionsOf(action).map(([name, { value }]) =>
    value ? `--${name}=` : `--${name}`
  );
  return `    '${verb}') kind='words:${words.join(" ")}' ;;`;
}

/** Keys are `verb:rest:place`; `rest` is empty before a `--`. */
function operandCases([verb, action]: Verb): string[] {
  const { own, others } = places(action);
  const set = (complete: Parameters<typeof kind>[0]) =>
    `kind=${shellQuoted(kind(complete))} ;;`;
  return [
    ...(action.rest ? [`    '${verb}:rest:'*) kind='none' ;;`] : []),
    ...own.map(({ complete }, i) => `    '${verb}:'*':${i}') ${set(complete)}`),
    ...(others ? [`    '${verb}:'*) ${set(others.complete)}`] : []),
  ];
}

const TEMPLATE = `# What the option $1 takes.
_@ID@_value() {
  case "$verb $1" in
@VALUES@
    *) return 1 ;;
  esac
}

_@ID@_options() {
  case $verb in
@OPTIONS@
  esac
}

_@ID@_operands() {
  case "$verb:$rest:$place" in
@OPERANDS@
    *) kind='none' ;;
  esac
}

_@ID@() {
  local line=\${COMP_LINE:0:COMP_POINT} verbs='@VERBS@' option=''
  local kind='' verb='' rest='' place=0 word current
  local -a words=()
  # readline would split words at = and @.
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  [[ \${words[0]##*/} == vms ]] && words=("\${words[@]:1}")
  current=\${words[-1]}
  for word in "\${words[@]:1:\${#words[@]}-2}"; do
    if [[ -n $kind ]]; then
      kind=''
    elif [[ -z $rest && $word == -- ]]; then
      rest=rest
    elif [[ -z $rest && $word == -?* ]]; then
      _@ID@_value "$word"
    elif [[ -n $verbs && -z $verb ]]; then
      verb=$word
    else
      place=$((place + 1))
    fi
  done
  if [[ -n $kind ]]; then
    :
  elif [[ -z $rest && $current == --*=* ]]; then
    option=\${current%%=*}=
    _@ID@_value "\${option%=}" || return 0
  elif [[ -z $rest && $current == -* ]]; then
    _@ID@_options
  elif [[ -n $verbs && -z $verb ]]; then
    kind="words:$verbs"
  else
    _@ID@_operands
  fi
  COMPREPLY=()
  _vms_offer "$kind" "$option" "$current"@OTHERWISE@
}

# Offer words of the kind $1 behind the option $2, where $3 was typed.
_vms_offer() {
  local value=\${3#"$2"} breaks='' typed='' sign word
  local -a found=()
  case $1 in
    '' | none) return 0 ;;
    file | directory)
      compopt -o filenames 2>/dev/null
      mapfile -t found < <(compgen -A "$1" -- "$value")
      ;;
    words:*) read -ra found <<<"\${1#words:}" ;;
    *) mapfile -t found < <(_vms_ask "$1" 2>/dev/null) ;;
  esac
  # What readline takes for words of their own is not to be given again.
  for sign in = : @; do
    [[ $COMP_WORDBREAKS == *"$sign"* ]] && breaks+=$sign
  done
  [[ -n $breaks ]] && typed=\${3%"\${3##*["$breaks"]}"}
  for word in "\${found[@]}"; do
    [[ $word == "$value"* ]] || continue
    word=$2$word
    COMPREPLY+=("\${word#"$typed"}")
  done
  [[ \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == --*= ]] && compopt -o nospace 2>/dev/null
  return 0
}

# Names of the kind $1; what is no name of ours is left out.
_vms_ask() {
  case $1 in
@ASKS@
  esac | grep -E '^[A-Za-z0-9][A-Za-z0-9@._:-]*$'
}

complete -F _@ID@ @NAME@
`;

const TOOLKIT = `_vms() {
  local line=\${COMP_LINE:0:COMP_POINT} word command
  local -a words=()
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  COMPREPLY=()
  if [[ \${#words[@]} -le 2 ]]; then
    mapfile -t COMPREPLY < <(compgen -W '@WORDS@ --help --version' -- "\${words[1]}")
    return 0
  fi
  command=vms-\${words[1]}
  word=_\${command//-/_}
  if ! declare -F "$word" >/dev/null; then
    [[ -e \${BASH_SOURCE[0]%/*}/$command ]] || return 0
    # shellcheck source=/dev/null
    . "\${BASH_SOURCE[0]%/*}/$command"
  fi
  "$word"
}

complete -F _vms vms
`;
