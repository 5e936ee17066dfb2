import { Option } from "commander";
import { Document, visit } from "yaml";
import { escapeQuoted, mustBeQuoted } from "../lib/escape.ts";

export type OutputFormat = "json" | "yaml" | "table";

/** How a listing is printed. */
export interface TableOptions {
  readonly output?: OutputFormat;
  /** false: `--no-headers`. */
  readonly headers?: boolean;
}

export function outputOption(): Option {
  return new Option("-o, --output <format>", "how to print").choices(["json", "yaml", "table"]);
}

/** @param table Makes the form for people. */
export function formatOutput(value: unknown, format: OutputFormat | undefined, table: () => string): string {
  switch (format) {
    case "json":
      return `${escapeQuoted(JSON.stringify(value, null, 2))}\n`;
    case "yaml":
      return formatYaml(value);
    default:
      return table();
  }
}

function formatYaml(value: unknown): string {
  // `yes` and its like are quoted: policies that are read back refuse them unquoted.
  const document = new Document(value, { aliasDuplicateObjects: false, compat: "yaml-1.1" });
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value === "string" && mustBeQuoted(node.value)) node.type = "QUOTE_DOUBLE";
    },
  });
  return escapeQuoted(document.toString({ lineWidth: 0 }));
}
