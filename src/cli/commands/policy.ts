import { Command } from "commander";
import type { Terminal } from "../terminal.ts";
import { policyDeleteCommand } from "./policy-delete.ts";
import { policyGetCommand } from "./policy-get.ts";
import { policyImportCommand } from "./policy-import.ts";
import { policySuggestCommand } from "./policy-suggest.ts";
import { policyValidateCommand } from "./policy-validate.ts";
import { policyWaitCommand } from "./policy-wait.ts";

export function policyCommands(terminal: Terminal): Command {
  return new Command("policy")
    .description("import, show, delete and check policy documents")
    .addCommand(policyImportCommand(terminal))
    .addCommand(policyGetCommand(terminal))
    .addCommand(policyDeleteCommand(terminal))
    .addCommand(policyValidateCommand(terminal))
    .addCommand(policyWaitCommand(terminal))
    .addCommand(policySuggestCommand(terminal));
}
