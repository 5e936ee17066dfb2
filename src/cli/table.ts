import { printable } from "./printable.ts";

/** A cell, or the lines of one: a row is as high as its highest cell. */
export type Cell = string | number | readonly string[];

/** Columns aligned to their widest cell, three blanks between them, none at the end of a line. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
  options: { readonly headers?: boolean } = {},
): string {
  const body = rows.flatMap(rowLines);
  const lines = (options.headers === false ? body : [header, ...body]).map((line) => line.map(printable));
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("   "))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

function rowLines(row: readonly Cell[]): string[][] {
  const cells = row.map((cell) => (typeof cell === "object" ? cell : [String(cell)]));
  const height = Math.max(1, ...cells.map((cell) => cell.length));
  return Array.from({ length: height }, (_, line) => cells.map((cell) => cell[line] ?? ""));
}
