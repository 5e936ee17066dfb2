import type { CompletionNode } from "./completion-node.ts";
import { flagValues, pathText, placeText, shortText, steps } from "./place.ts";
import { shellQuote } from "./shell-quote.ts";

/** The script for zsh with its completion system (`compinit`). */
export function zshCompletion(nodes: readonly CompletionNode[]): string {
  return `#compdef weir
# zsh completion for weir; made by \`weir completion zsh\`.

_weir() {
  local -A commands values arguments
  # Command and word → the command that both are together.
  commands=(
${steps(nodes)
  .map(({ path, word }) => `    ${shellQuote(`${path}|${word}`)} ${shellQuote(`${path} ${word}`.trim())}`)
  .join("\n")}
  )
  # Command and option → what its value is.
  values=(
${flagValues(nodes)
  .map(({ path, word, value }) => `    ${shellQuote(`${path}|${word}`)} ${shellQuote(placeText(value))}`)
  .join("\n")}
  )
  # Command and place → what its argument is; \`+\`: from there on.
  arguments=(
${nodes.flatMap(argumentPairs).join("\n")}
  )

  local path_='' value='' flag='' word key
  local -i count=0 i
  local -a agent words_ options_
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    if [[ -n $value ]]; then
      [[ $flag == --socket || $flag == --config ]] && agent+=("$flag" "\${(Q)word}")
      value=''
    elif [[ $word == --*=* ]]; then
      [[ $word == --socket=* || $word == --config=* ]] && agent+=("\${(Q)word}")
    elif [[ $word == -* ]]; then
      flag=$word
      key="$path_|$word"
      value=\${values[$key]}
    else
      key="$path_|$word"
      if [[ -n \${commands[$key]} ]]; then path_=\${commands[$key]}; else count+=1; fi
    fi
  done

  if [[ -z $value && \${words[CURRENT]} == --*=* ]]; then
    key="$path_|\${words[CURRENT]%%=*}"
    value=\${values[$key]}
    compset -P '*='
  elif [[ -z $value ]]; then
    case "$path_" in
${nodes.map(wordsCase).join("\n")}
    esac
    if [[ \${words[CURRENT]} == -* ]]; then
      _describe -t options option options_
      return
    fi
    ((count == 0 && \${#words_})) && _describe -t commands command words_
    key="$path_|$count"
    value=\${arguments[$key]}
    key="$path_|+"
    [[ -z $value ]] && value=\${arguments[$key]}
  fi
  case "$value" in
    file) _files ;;
    'names '*)
      local -a names=("\${(@f)$(_call_program names weir __names "\${(q)value#names }" "\${(@q)agent}" 2>/dev/null)}")
      names=(\${names:#})
      ((\${#names})) && compadd -- "\${names[@]}"
      ;;
    'choices '*) compadd -- \${=value#choices } ;;
  esac
}

if [[ $funcstack[1] == _weir ]]; then _weir "$@"; else compdef _weir weir; fi
`;
}

function argumentPairs(node: CompletionNode): string[] {
  return node.arguments.map((value, index) => {
    const last = index === node.arguments.length - 1;
    const place = last && node.variadic ? "+" : String(index);
    return `    ${shellQuote(`${pathText(node)}|${place}`)} ${shellQuote(placeText(value))}`;
  });
}

function wordsCase(node: CompletionNode): string {
  const commands = node.commands.map(({ name, description }) => described(name, description));
  const options = node.options.flatMap(({ flags, description }) => flags.map((flag) => described(flag, description)));
  return `      ${shellQuote(pathText(node))})
        words_=(${commands.join(" ")})
        options_=(${options.join(" ")})
        ;;`;
}

/** \`word:description\`, as \`_describe\` takes it. */
function described(word: string, description: string): string {
  return shellQuote(`${word.replaceAll(":", "\\:")}:${shortText(description)}`);
}
