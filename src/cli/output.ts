import { Option } from "commander";
import { stringify } from "yaml";

export type OutputFormat = "json" | "yaml" | "table";

export function outputOption(): Option {
  return new Option("-o, --output <format>", "how to print").choices(["json", "yaml", "table"]);
}

/** @param table Makes the form for people. */
export function formatOutput(value: unknown, format: OutputFormat | undefined, table: () => string): string {
  switch (format) {
    case "json":
      return `${JSON.stringify(value, null, 2)}\n`;
    case "yaml":
      return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
    default:
      return table();
  }
}
