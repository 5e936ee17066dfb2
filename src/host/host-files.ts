import { mkdirSync } from "node:fs";
import { join } from "node:path";

const OWNER_ONLY = 0o700;

/** What a host leaves on disk for the next one of its number and for agents: `records`, `last-good`. */
export function hostFile(stateDir: string, name: string, index: number): string {
  return join(stateDir, "hosts", `${name}-${index}`);
}

export function prepareHostFolder(stateDir: string): void {
  mkdirSync(join(stateDir, "hosts"), { mode: OWNER_ONLY, recursive: true });
}
