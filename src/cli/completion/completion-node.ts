import { type Command, Help, type Option } from "commander";

/** What stands in one place of a command line. */
export type CompletionValue =
  | { readonly kind: "choices"; readonly choices: readonly string[] }
  | { readonly kind: "file" }
  /** The agent is asked for the names. */
  | { readonly kind: "names"; readonly of: NameKind }
  /** Something that cannot be foreseen. */
  | { readonly kind: "text" };

export type NameKind = "endpoint" | "policy";

export interface CompletionOption {
  /** `-o`, `--output`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** undefined: the option takes none. */
  readonly value: CompletionValue | undefined;
}

/** One command: what may follow behind it. */
export interface CompletionNode {
  /** Words behind the program's name: none for the program itself. */
  readonly path: readonly string[];
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly CompletionOption[];
  readonly arguments: readonly CompletionValue[];
  /** The last argument may come again and again. */
  readonly variadic: boolean;
}

/** The program and all its commands, those that are hidden left out. */
export function completionNodes(command: Command, path: readonly string[] = []): readonly CompletionNode[] {
  const children = visibleCommands(command);
  const node: CompletionNode = {
    path,
    commands: children.map((child) => ({ name: child.name(), description: child.summary() || child.description() })),
    options: new Help().visibleOptions(command).map(completionOption),
    arguments: command.registeredArguments.map((argument) => foreseen(argument.name(), argument.argChoices)),
    variadic: command.registeredArguments.at(-1)?.variadic === true,
  };
  return [node, ...children.flatMap((child) => completionNodes(child, [...path, child.name()]))];
}

/** Without commander's own `help`, which every command has as `--help`. */
export function visibleCommands(command: Command): readonly Command[] {
  return new Help().visibleCommands(command).filter((child) => command.commands.includes(child));
}

function completionOption(option: Option): CompletionOption {
  const name = /[<[]([^\]>]+)[\]>]/.exec(option.flags)?.[1];
  return {
    flags: [option.short, option.long].filter((flag) => flag !== undefined && flag !== null),
    description: option.description,
    value: name === undefined ? undefined : foreseen(name, option.argChoices),
  };
}

/** What the name of a placeholder promises. */
function foreseen(name: string, choices: readonly string[] | undefined): CompletionValue {
  if (choices !== undefined) return { kind: "choices", choices };
  const bare = name.replace("...", "");
  if (bare === "file" || bare === "path") return { kind: "file" };
  if (bare === "endpoint" || bare === "policy") return { kind: "names", of: bare };
  return { kind: "text" };
}
