import type { ExtensionDeclaration } from "../../api/extension.ts";

/** What a policy may say about r2d2. */
export const declaration: ExtensionDeclaration = {
  name: "r2d2",
  version: "1.0.0",
  fields: {
    cmd: { oneOf: ["READ", "WRITE", "HALT", "RESET"], description: "the command, in upper case" },
    file: {
      regex: true,
      onlyWith: { field: "cmd", values: ["READ", "WRITE"] },
      description: "RE2 expression that the file's name contains; anchor it with ^ and $ for the whole name",
    },
  },
  logged: { cmd: { attribute: "cmd" }, file: { attribute: "file" } },
};
