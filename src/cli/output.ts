import { Option } from "commander";
import { stringify } from "yaml";

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
      return `${JSON.stringify(value, null, 2)}\n`;
    case "yaml":
      // `yes` and its like are quoted: policies that are read back refuse them unquoted.
      return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, compat: "yaml-1.1" });
    default:
      return table();
  }
}
