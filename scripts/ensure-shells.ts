import { ensureProgram } from "./installed-program.ts";

/** Shells for which weir writes completions; the tests run the real ones. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** Installs what is missing where that can be. Returns those that are still missing. */
export function ensureShells(say: (line: string) => void): readonly string[] {
  return SHELLS.filter((shell) => ensureProgram(shell, say) === undefined);
}
