import { styleText } from "node:util";
import type { Outcome } from "./outcome.ts";

const COLUMNS = 96;

// `styleText` leaves the colours out where the output is no terminal, or NO_COLOR is set.
type Style = Parameters<typeof styleText>[0];
const style = (format: Style, text: string): string => styleText(format, text, { stream: process.stdout });

export function print(line = ""): void {
  process.stdout.write(line === "" ? "\n" : `  ${line}\n`);
}

export function title(text: string): void {
  print();
  print(style("bold", text));
  print(style("dim", "─".repeat(COLUMNS)));
}

export function step(text: string): void {
  print(`${style("green", "✔")} ${text}`);
}

export function note(text: string): void {
  print(`${style("yellow", "!")} ${text}`);
}

export function failure(text: string): void {
  print(`${style(["red", "bold"], "✖")} ${text}`);
}

export function faint(text: string): void {
  print(style("dim", text));
}

export function scene(who: string, address: string, may: string): void {
  print();
  print(`${style(["bold", "cyan"], who)} ${style("dim", `(${address})`)} ${may}`);
}

const SEEN: Readonly<Record<Outcome["seen"], { readonly text: string; readonly style: Style }>> = {
  allowed: { text: "✔ allowed", style: "green" },
  denied: { text: "✖ denied", style: "red" },
  reset: { text: "✖ refused", style: "red" },
  failed: { text: "? failed", style: "yellow" },
};

export function outcome(result: Outcome): void {
  const seen = SEEN[result.seen];
  const found = result.found === undefined ? "" : ` → ${result.found}`;
  const what = `${result.what}${found}`.padEnd(42);
  print(`  ${what} ${style(seen.style, seen.text.padEnd(9))}  ${style("dim", result.rule ?? "no rule allows it")}`);
  for (const fault of result.faults) failure(`  ${fault}`);
}

/** A long line, broken where the screen ends. */
export function long(line: string): void {
  for (let at = 0; at < line.length; at += COLUMNS) faint(line.slice(at, at + COLUMNS));
}
