import { escapeControls } from "../lib/escape.ts";

/** Text that came from elsewhere, safe for a terminal. A backslash stays one: messages quote regular expressions. */
export function printable(text: string): string {
  return text.split("\\").map(escapeControls).join("\\");
}
