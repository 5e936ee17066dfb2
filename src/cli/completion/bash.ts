import type { CompletionNode } from "./completion-node.ts";
import { flagValues, pathText, placeText, steps } from "./place.ts";
import { shellQuote } from "./shell-quote.ts";

/**
 * The script for bash 4 and later. `compgen -W` is not used: it would expand what it is given, and so run what somebody
 * wrote into a name.
 */
export function bashCompletion(nodes: readonly CompletionNode[]): string {
  return `# bash completion for weir; made by \`weir completion bash\`.

# $1: words so far, $2: the next one. Prints nothing unless it is a command.
_weir_command() {
  case "$1|$2" in
${steps(nodes)
  .map(({ path, word }) => `    ${shellQuote(`${path}|${word}`)}) printf %s ${shellQuote(`${path} ${word}`.trim())} ;;`)
  .join("\n")}
  esac
}

# $1: command, $2: option. What its value is; nothing where it takes none.
_weir_value() {
  case "$1|$2" in
${flagValues(nodes)
  .map(({ path, word, value }) => `    ${shellQuote(`${path}|${word}`)}) printf %s ${shellQuote(placeText(value))} ;;`)
  .join("\n")}
  esac
}

# $1: command, $2: how many arguments came before. What the next one is.
_weir_argument() {
  case "$1|$2" in
${nodes.flatMap(argumentCases).join("\n")}
  esac
}

# $1: command. Commands and options that may follow, one a line.
_weir_words() {
  case "$1" in
${nodes.map(wordsCase).join("\n")}
  esac
}

# Offers the lines of standard input that begin with $1.
_weir_offer() {
  local line
  while IFS= read -r line; do
    [[ $line == "$1"* ]] && COMPREPLY+=("$(printf %q "$line")")
  done
}

_weir() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path='' value='' flag='' word next count=0 i
  local -a agent=()
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    # Bash splits \`--output=json\` at the \`=\`.
    [[ $word == '=' && -n $value ]] && continue
    if [[ -n $value ]]; then
      [[ $flag == --socket || $flag == --config ]] && agent+=("$flag" "$word")
      value=''
    elif [[ $word == -* ]]; then
      flag="$word"
      value="$(_weir_value "$path" "$word")"
    else
      next="$(_weir_command "$path" "$word")"
      if [[ -n $next ]]; then path="$next"; else count=$((count + 1)); fi
    fi
  done
  [[ $current == '=' && -n $value ]] && current=''
  if [[ -z $value ]]; then
    if [[ $current == -* ]]; then
      _weir_offer "$current" < <(_weir_words "$path")
      return
    fi
    [[ $count == 0 ]] && _weir_offer "$current" < <(_weir_words "$path" | command grep -v '^-')
    value="$(_weir_argument "$path" "$count")"
  fi
  case "$value" in
    file)
      compopt -o filenames 2>/dev/null
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$current")
      ;;
    names\\ *) _weir_offer "$current" < <(weir __names "\${value#names }" "\${agent[@]}" 2>/dev/null) ;;
    choices\\ *) _weir_offer "$current" < <(printf '%s\\n' "\${value#choices }" | command tr ' ' '\\n') ;;
  esac
}

complete -F _weir weir
`;
}

function argumentCases(node: CompletionNode): string[] {
  const path = pathText(node);
  return node.arguments.map((value, index) => {
    const last = index === node.arguments.length - 1;
    // A variadic one takes all that follow.
    const pattern = last && node.variadic ? `${shellQuote(`${path}|`)}*` : shellQuote(`${path}|${index}`);
    return `    ${pattern}) printf %s ${shellQuote(placeText(value))} ;;`;
  });
}

function wordsCase(node: CompletionNode): string {
  const words = [...node.commands.map(({ name }) => name), ...node.options.flatMap(({ flags }) => flags)];
  return `    ${shellQuote(pathText(node))}) printf '%s\\n' ${words.map(shellQuote).join(" ")} ;;`;
}
