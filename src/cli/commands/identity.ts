import { Command } from "commander";
import type { Terminal } from "../terminal.ts";
import { identityGetCommand } from "./identity-get.ts";
import { identityListCommand } from "./identity-list.ts";

export function identityCommands(terminal: Terminal): Command {
  return new Command("identity")
    .description("show identities")
    .addCommand(identityListCommand(terminal))
    .addCommand(identityGetCommand(terminal));
}
