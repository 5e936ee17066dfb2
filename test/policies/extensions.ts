import type { ExtensionDeclaration } from "../../src/api/extension.ts";

const key = { of: "keys", requires: { field: "command", values: ["get", "set", "delete"] } } as const;

/** Declarations with one field of every kind, so that document tests do not depend on what a parser happens to declare. */
export const EXTENSIONS: ReadonlyMap<string, ExtensionDeclaration> = new Map(
  [
    {
      name: "memcache",
      version: "1.0.0",
      fields: {
        command: {
          oneOf: ["get", "set", "delete", "stats"],
          groups: { writeGroup: ["set", "delete"], every: ["get", "stats"] },
        },
        keyExact: { exact: true, ...key },
        keyPrefix: { prefix: true, ...key },
        keyRegex: { regex: true, ...key },
      },
    },
    {
      name: "r2d2",
      version: "1.0.0",
      fields: {
        cmd: { oneOf: ["READ", "WRITE", "HALT", "RESET"] },
        file: { regex: true, onlyWith: { field: "cmd", values: ["READ", "WRITE"] } },
      },
    },
    {
      name: "cassandra",
      version: "1.0.0",
      fields: { query_action: { oneOf: ["select", "insert"] }, query_table: { regex: true } },
    },
    { name: "plain", version: "1.0.0", fields: {} },
  ].map((declaration) => [declaration.name, declaration as ExtensionDeclaration]),
);
