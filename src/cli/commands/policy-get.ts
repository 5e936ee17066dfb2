import type { Command } from "commander";
import type { PolicyListing, PolicyView } from "../../api/rest.ts";
import { clientFor, tableCommand, withExample } from "../agent-command.ts";
import { formatOutput, type TableOptions } from "../output.ts";
import { printable } from "../printable.ts";
import type { SocketOptions } from "../socket-path.ts";
import { formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

/** Stands behind the mode of a document that is not in force somewhere; the sentences follow the table. */
const MARK = "!";

export function policyGetCommand(terminal: Terminal): Command {
  const command = tableCommand("get", "list the documents in force, or show one as YAML")
    .argument("[policy]", "`name` or `namespace/name`")
    .action(async (name: string | undefined, options: SocketOptions & TableOptions) => {
      const client = clientFor(options, terminal);
      if (name === undefined) {
        const listing = await client.policies();
        terminal.out(formatOutput(listing, options.output, () => policyTable(listing, options)));
        return;
      }
      const policy = await client.policy(name);
      const listing = (): string => policyTable({ revision: 0, policies: [policy] }, options);
      terminal.out(formatOutput(policy.document, options.output ?? "yaml", listing));
      for (const problem of policy.problems) terminal.err(`warning: ${printable(problem)}\n`);
    });
  return withExample(command, "weir policy get", "weir policy get secure-rebel-alliance-memcache -o json");
}

function policyTable({ policies }: PolicyListing, options: TableOptions): string {
  const row = ({ name, mode, rules, problems, source }: PolicyView) => [
    name,
    problems.length === 0 ? mode : `${mode} ${MARK}`,
    rules,
    source.kind,
    source.kind === "api" ? "" : source.name,
  ];
  const problems = policies.flatMap(({ name, problems }) => problems.map((one) => `${MARK} ${name}: ${one}`));
  const table = formatTable(["NAME", "MODE", "RULES", "SOURCE", "FILE"], policies.map(row), options);
  return problems.length === 0 ? table : `${table}\n${problems.map((line) => `${printable(line)}\n`).join("")}`;
}
