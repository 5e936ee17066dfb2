// `npm run docs:cli`: writes docs/cli.md from the tree of commands, so that it cannot miss an option. The text around it
// is in cli-reference.template.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Argument, Command, Option } from "commander";
import { examplesOf, tableCommand } from "../src/cli/agent-command.ts";
import { visibleCommands } from "../src/cli/completion/completion-node.ts";
import { EXIT_MEANINGS } from "../src/cli/exit-code.ts";
import { createProgram } from "../src/cli/program.ts";
import type { Terminal } from "../src/cli/terminal.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
export const REFERENCE = "docs/cli.md";

/** Nothing is run: the tree is only read. */
const nowhere: Terminal = {
  out() {},
  err() {},
  read: () => Promise.reject(new Error("nothing is read here")),
  cwd: "/",
  env: {},
  interruption: () => AbortSignal.abort(),
};

/** The text of docs/cli.md as it should be. */
export async function cliReference(): Promise<string> {
  const template = await readFile(join(root, "scripts/cli-reference.template"), "utf8");
  const program = createProgram(nowhere);
  const common = tableCommand("", "").options;
  const commands = runnable(program);
  const parts: Readonly<Record<string, string>> = {
    OVERVIEW: ["| command | what it does |", "|---|---|", ...commands.map(overviewRow)].join("\n"),
    COMMON: optionTable(common),
    EXIT_CODES: Object.entries(EXIT_MEANINGS)
      .map(([code, meaning]) => `| ${code} | ${meaning} |`)
      .join("\n"),
    COMMANDS: commands.map((command) => section(command, common)).join("\n\n"),
  };
  return template.replace(/@@([A-Z_]+)@@/g, (_, name: string) => {
    const part = parts[name];
    if (part === undefined) throw new Error(`scripts/cli-reference.template: nothing stands for @@${name}@@`);
    return part;
  });
}

/** Commands that do something, in the order of the help. */
function runnable(command: Command): Command[] {
  const below = visibleCommands(command).flatMap(runnable);
  const acts = command.commands.length === 0 || command.registeredArguments.length > 0;
  return acts && command.parent !== null ? [command, ...below] : below;
}

function path(command: Command): string {
  return command.parent === null ? command.name() : `${path(command.parent)} ${command.name()}`;
}

/** The command with its arguments, as it is written. */
function usage(command: Command): string {
  const names = command.registeredArguments.map((argument) => {
    const name = argument.variadic ? `${argument.name()}...` : argument.name();
    return argument.required ? ` <${name}>` : ` [${name}]`;
  });
  return path(command) + names.join("");
}

function overviewRow(command: Command): string {
  const anchor = path(command).replaceAll(" ", "-");
  return `| [\`${cell(path(command))}\`](#${anchor}) | ${cell(command.description())} |`;
}

function section(command: Command, common: readonly Option[]): string {
  const own = command.options.filter((option) => !common.some((other) => sameOption(option, other)));
  const shared = command.options.filter((option) => !own.includes(option)).map((option) => `\`${option.long}\``);
  const described = command.registeredArguments.filter((argument) => argument.description !== "");
  const examples = examplesOf(command).map((example) => `    ${example}`);
  return [
    `### \`${path(command)}\``,
    `\`${usage(command)}\`: ${command.description()}.`,
    ...(described.length === 0 ? [] : [argumentTable(described)]),
    ...(own.length === 0 ? [] : [optionTable(own)]),
    ...(shared.length === 0 ? [] : [`Also ${shared.join(", ")}.`]),
    ...(examples.length === 0 ? [] : [examples.join("\n")]),
  ].join("\n\n");
}

function sameOption(one: Option, other: Option): boolean {
  return one.flags === other.flags && one.description === other.description;
}

function argumentTable(list: readonly Argument[]): string {
  const rows = list.map((argument) => `| \`${cell(argument.name())}\` | ${cell(argument.description)} |`);
  return ["| argument | meaning |", "|---|---|", ...rows].join("\n");
}

function optionTable(options: readonly Option[]): string {
  return ["| option | meaning |", "|---|---|", ...options.map(optionRow)].join("\n");
}

function optionRow({ flags, description, argChoices, defaultValue }: Option): string {
  const choices = argChoices === undefined ? "" : `: ${argChoices.map((choice) => `\`${choice}\``).join(", ")}`;
  const told = typeof defaultValue === "string" || typeof defaultValue === "number";
  return `| \`${cell(flags)}\` | ${cell(description + choices)}${told ? ` (default \`${defaultValue}\`)` : ""} |`;
}

/** In a table, `|` would begin the next column. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(join(root, REFERENCE), await cliReference());
