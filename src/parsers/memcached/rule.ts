import type { ExtensionDeclaration } from "../../api/extension.ts";
import { COMMAND_GROUPS, KEYED_COMMANDS, KEYLESS_COMMANDS } from "./command.ts";

// A request without keys never fits a key condition, so a rule that asks for both is a mistake.
const requires = { field: "command", values: [...KEYED_COMMANDS, ...Object.keys(COMMAND_GROUPS)] };

/** What a rule may say: a command or a group of commands, and one condition that every key of the request must fit. */
export const declaration: ExtensionDeclaration = {
  name: "memcache",
  version: "1.0.0",
  fields: {
    command: {
      oneOf: [...KEYED_COMMANDS, ...KEYLESS_COMMANDS],
      groups: COMMAND_GROUPS,
      description: "a command, or a group of them: storage, writeGroup",
    },
    keyExact: { exact: true, of: "key", requires, description: "every key equals this" },
    keyPrefix: { prefix: true, of: "key", requires, description: "every key begins with this" },
    keyRegex: { regex: true, of: "key", requires, description: "every key contains a match of this RE2 expression" },
  },
  logged: { command: { attribute: "command", list: "each" }, keys: { attribute: "key", list: "all" } },
};
