import { Command } from "commander";
import type { Terminal } from "../terminal.ts";
import { policyDeleteCommand } from "./policy-delete.ts";
import { policyGetCommand } from "./policy-get.ts";
import { policyImportCommand } from "./policy-import.ts";
import { policySuggestCommand } from "./policy-suggest.ts";
import { policyTraceCommand } from "./policy-trace.ts";
import { policyValidateCommand } from "./policy-validate.ts";
import { policyWaitCommand } from "./policy-wait.ts";

export function policyCommands(terminal: Terminal): Command {
  return new Command("policy")
    .description("import, show, delete, check, trace and suggest policy")
    .addCommand(policyImportCommand(terminal))
    .addCommand(policyGetCommand(terminal))
    .addCommand(policyDeleteCommand(terminal))
    .addCommand(policyValidateCommand(terminal))
    .addCommand(policyTraceCommand(terminal))
    .addCommand(policyWaitCommand(terminal))
    .addCommand(policySuggestCommand(terminal));
}
