import type { ParsedStatement } from "./statement.ts";

/**
 * Finds what a CQL text needs: one statement, with or without `;` behind it.
 *
 * @param bytes Memory that holds the text as UTF-8 in [start, end). Only read.
 */
export function parseStatement(_bytes: Buffer, _start: number, _end: number): ParsedStatement {
  return { understood: false, reason: "no statement is understood yet" };
}
