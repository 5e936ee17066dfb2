import { Command } from "commander";
import { ProblemsError } from "../../api/problems-error.ts";
import { type ApiProblem, BODY_BYTES_MAX } from "../../api/rest.ts";
import { pathOption, withExample } from "../agent-command.ts";
import { ExitCode } from "../exit-code.ts";
import { formatOutput, type OutputFormat, outputOption } from "../output.ts";
import { printable } from "../printable.ts";
import { formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { printWarnings } from "../warnings.ts";
import { offlineValidator } from "./agent.ts";

const TOO_LONG_TO_IMPORT =
  `too long for \`weir policy import\`, which takes ${BODY_BYTES_MAX} bytes; name it under \`policies\` in the agent's ` +
  "configuration instead";

interface ValidateOptions {
  readonly config?: string;
  readonly output?: OutputFormat;
}

export function policyValidateCommand(terminal: Terminal): Command {
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

function invalid(problems: readonly ApiProblem[]): ProblemsError {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return new ProblemsError("WEIR_POLICY_INVALID", `${count}; nothing was changed`, problems);
}
