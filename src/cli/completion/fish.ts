import type { CompletionNode, CompletionValue } from "./completion-node.ts";
import { flagValues, pathText, shortText, steps } from "./place.ts";
import { fishQuote } from "./shell-quote.ts";

/** The script for fish 3 and later. */
export function fishCompletion(nodes: readonly CompletionNode[]): string {
  return `# fish completion for weir; made by \`weir completion fish\`.

# Prints the command so far and, in a second line, how many arguments it has; in further ones, which agent is meant.
function __weir_place
    set -l path
    set -l count 0
    set -l flag
    set -l agent
    for word in (commandline -opc)[2..]
        if set -q flag[1]
            contains -- $flag --socket --config; and set -a agent $flag $word
            set -e flag
            continue
        end
        if string match -q -- '-*' $word
            if string match -qr -- '^--(socket|config)=' $word
                set -a agent $word
            end
            switch "$path|$word"
${cases(flagValues(nodes).map(({ path, word }) => `${path}|${word}`))}
                    set flag $word
            end
            continue
        end
        switch "$path|$word"
${cases(steps(nodes).map(({ path, word }) => `${path}|${word}`))}
                set -a path $word
            case '*'
                set count (math $count + 1)
        end
    end
    echo "$path"
    echo $count
    string join \\n -- $agent
end

# Whether the command is $argv[1] and has $argv[2] arguments, or at least so many with a \`+\` behind them.
function __weir_at
    set -l place (__weir_place)
    test "$place[1]" = "$argv[1]"; or return 1
    set -q argv[2]; or return 0
    if string match -q -- '*+' $argv[2]
        test $place[2] -ge (string trim -r -c + -- $argv[2])
    else
        test $place[2] -eq $argv[2]
    end
end

function __weir_names
    set -l place (__weir_place)
    weir __names $argv[1] $place[3..] 2>/dev/null
end

complete -c weir -f
${nodes.flatMap(nodeLines).join("\n")}
`;
}

/** One \`case\` for all of them: what they do is the same. */
function cases(keys: readonly string[]): string {
  return `            case ${keys.map(fishQuote).join(" ")}`;
}

function nodeLines(node: CompletionNode): string[] {
  const at = (place?: string): string =>
    fishQuote(["__weir_at", fishQuote(pathText(node)), ...(place === undefined ? [] : [place])].join(" "));
  const commands = node.commands.map(
    ({ name, description }) =>
      `complete -c weir -n ${at("0")} -a ${fishQuote(name)} -d ${fishQuote(shortText(description))}`,
  );
  const options = node.options.map(({ flags, description, value }) => {
    const names = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
    const offered = value === undefined ? "" : ` ${valueText(value)}`;
    return `complete -c weir -n ${at()} ${names.join(" ")}${offered} -d ${fishQuote(shortText(description))}`;
  });
  const places = node.arguments.flatMap((value, index) => {
    const more = node.variadic && index === node.arguments.length - 1 ? "+" : "";
    if (value.kind === "text") return [];
    return [`complete -c weir -n ${at(`${index}${more}`)} ${valueText(value).replace(/^-[xr] ?/, "")}`];
  });
  return [...commands, ...options, ...places];
}

/** \`-x\`: the option takes a value, and files are none. */
function valueText(value: CompletionValue): string {
  switch (value.kind) {
    case "file":
      return "-r -F";
    case "names":
      return `-x -a ${fishQuote(`(__weir_names ${value.of})`)}`;
    case "choices":
      return `-x -a ${fishQuote(value.choices.join(" "))}`;
    case "text":
      return "-x";
  }
}
