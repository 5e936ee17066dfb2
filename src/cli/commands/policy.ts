import { Command } from "commander";
import { formatApiProblem, ProblemsError } from "../../api/problems-error.ts";
import {
  type ApiProblem,
  BODY_BYTES_MAX,
  type PolicyChange,
  type PolicyListing,
  type PolicyText,
  type PolicyView,
} from "../../api/rest.ts";
import { WeirError } from "../../lib/error.ts";
import { clientFor, listingCommand, pathOption, withExample } from "../agent-command.ts";
import { ExitCode } from "../exit-code.ts";
import { formatOutput, type OutputFormat, outputOption } from "../output.ts";
import { printable } from "../printable.ts";
import type { SocketOptions } from "../socket-path.ts";
import { formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { offlineValidator } from "./agent.ts";

interface ListingOptions extends SocketOptions {
  readonly output?: OutputFormat;
}

export function policyCommands(terminal: Terminal): Command {
  return new Command("policy")
    .description("import, show, delete and check policy documents")
    .addCommand(importCommand(terminal))
    .addCommand(getCommand(terminal))
    .addCommand(deleteCommand(terminal))
    .addCommand(validateCommand(terminal));
}

function importCommand(terminal: Terminal): Command {
  const command = listingCommand("import", "put documents in force; one that is there already is replaced")
    .argument("<file...>", "YAML or JSON files; `-` reads standard input")
    .action(async (files: string[], options: ListingOptions) => {
      const client = clientFor(options, terminal);
      const texts: PolicyText[] = [];
      for (const file of files) texts.push({ source: file, text: await terminal.read(file) });
      // One change: a mistake or a name that is taken in the last file must not leave half of them in force.
      const { revision, policies, warnings } = await client.importPolicies(texts);
      printWarnings(warnings, terminal);
      terminal.out(
        formatOutput({ revision, policies, warnings }, options.output, () =>
          printable(`revision ${revision}: ${policies.join(", ")}`).concat("\n"),
        ),
      );
    });
  return withExample(command, "weir policy import policies/*.yaml");
}

function getCommand(terminal: Terminal): Command {
  const command = listingCommand("get", "list the documents in force, or show one as YAML")
    .argument("[name]", "`name` or `namespace/name`")
    .action(async (name: string | undefined, options: ListingOptions) => {
      const client = clientFor(options, terminal);
      if (name === undefined) {
        const listing = await client.policies();
        terminal.out(formatOutput(listing, options.output, () => policyTable(listing)));
        return;
      }
      const policy = await client.policy(name);
      const listing = (): string => policyTable({ revision: 0, policies: [policy] });
      terminal.out(formatOutput(policy.document, options.output ?? "yaml", listing));
    });
  return withExample(command, "weir policy get", "weir policy get secure-rebel-alliance-memcache -o json");
}

function policyTable(listing: PolicyListing): string {
  const row = ({ name, source, rules }: PolicyView) => [
    name,
    rules,
    source.kind,
    source.kind === "api" ? "" : source.name,
  ];
  return formatTable(["NAME", "RULES", "SOURCE", "FILE"], listing.policies.map(row));
}

function deleteCommand(terminal: Terminal): Command {
  const command = listingCommand("delete", "delete documents that were imported; those of files go with their files")
    .argument("<name...>", "`name` or `namespace/name`")
    .action(async (names: string[], options: ListingOptions) => {
      const client = clientFor(options, terminal);
      const changes: PolicyChange[] = [];
      const failures: WeirError[] = [];
      for (const name of names) {
        try {
          changes.push(await client.deletePolicy(name));
        } catch (error) {
          if (!(error instanceof WeirError)) throw error;
          // The others are wanted gone all the same, and what is gone must be told.
          failures.push(error);
        }
      }
      const result = {
        revision: changes.at(-1)?.revision ?? 0,
        policies: changes.flatMap((change) => change.policies),
      };
      if (changes.length > 0) {
        terminal.out(
          formatOutput(result, options.output, () =>
            printable(`revision ${result.revision}: deleted ${result.policies.join(", ")}`).concat("\n"),
          ),
        );
      }
      const [first] = failures;
      const messages = new Set(failures.map(({ message }) => message));
      if (first !== undefined) throw new WeirError(first.code, [...messages].join("\n"));
    });
  return withExample(command, "weir policy delete secure-rebel-alliance-memcache");
}

const TOO_LONG_TO_IMPORT =
  `too long for \`weir policy import\`, which takes ${BODY_BYTES_MAX} bytes; name it under \`policies\` in the agent's ` +
  "configuration instead";

interface ValidateOptions {
  readonly config?: string;
  readonly output?: OutputFormat;
}

function validateCommand(terminal: Terminal): Command {
  const command = new Command("validate")
    .description("check files without an agent; tells every problem with its line and column")
    .argument("<file...>", "YAML or JSON files; `-` reads standard input")
    .option("--config <file>", "know the extensions of this configuration, too", pathOption)
    .addOption(outputOption())
    .action(async (files: string[], options: ValidateOptions) => {
      const validate = await offlineValidator(options.config);
      const results: ({ readonly file: string } & ReturnType<typeof validate>)[] = [];
      for (const file of files) {
        const text = await terminal.read(file);
        results.push({ file, ...validate(text, file) });
        if (Buffer.byteLength(JSON.stringify([{ source: file, text }])) > BODY_BYTES_MAX)
          terminal.err(`warning: ${printable(file)}: ${TOO_LONG_TO_IMPORT}\n`);
      }
      const problems = results.flatMap((result) => result.problems);
      printWarnings(
        results.flatMap((result) => result.warnings),
        terminal,
      );
      if (problems.length > 0 && (options.output ?? "table") === "table") throw invalid(problems);
      const row = (result: (typeof results)[number]) => [result.file, "valid", result.policies.join(", ")];
      terminal.out(
        formatOutput(results, options.output, () => formatTable(["FILE", "STATE", "DOCUMENTS"], results.map(row))),
      );
      if (problems.length > 0) process.exitCode = ExitCode.Failure;
    });
  return withExample(
    command,
    "weir policy validate policies/*.yaml",
    "weir policy validate --config weir.yaml new.yaml",
  );
}

function printWarnings(warnings: readonly ApiProblem[], terminal: Terminal): void {
  for (const warning of warnings) terminal.err(`warning: ${printable(formatApiProblem(warning))}\n`);
}

function invalid(problems: readonly ApiProblem[]): ProblemsError {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return new ProblemsError("WEIR_POLICY_INVALID", `${count}; nothing was changed`, problems);
}
