import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { HostBootstrap } from "./bootstrap.ts";

const OWNER_ONLY = 0o700;

/** What a host leaves on disk for the next one of its number. */
export function lastGoodFile(stateDir: string, index: number): string {
  return join(stateDir, "hosts", `last-good-${index}`);
}

/** What a host leaves on disk for its agent. A host that drains and its successor have the same number. */
export function tallyFile(stateDir: string, { index, instance }: Pick<HostBootstrap, "index" | "instance">): string {
  return join(stateDir, "hosts", `records-${index}-${instance}`);
}

export function prepareHostFolder(stateDir: string): void {
  mkdirSync(join(stateDir, "hosts"), { mode: OWNER_ONLY, recursive: true });
}
