import { Command } from "commander";
import type { Terminal } from "../terminal.ts";
import { endpointAddCommand } from "./endpoint-add.ts";
import { endpointConfigCommand } from "./endpoint-config.ts";
import { endpointDeleteCommand } from "./endpoint-delete.ts";
import { endpointGetCommand } from "./endpoint-get.ts";
import { endpointLabelsCommand } from "./endpoint-labels.ts";
import { endpointListCommand } from "./endpoint-list.ts";
import { endpointLogCommand } from "./endpoint-log.ts";

export function endpointCommands(terminal: Terminal): Command {
  return new Command("endpoint")
    .description("show, add, change and delete endpoints")
    .addCommand(endpointListCommand(terminal))
    .addCommand(endpointGetCommand(terminal))
    .addCommand(endpointAddCommand(terminal))
    .addCommand(endpointDeleteCommand(terminal))
    .addCommand(endpointLabelsCommand(terminal))
    .addCommand(endpointConfigCommand(terminal))
    .addCommand(endpointLogCommand(terminal));
}
