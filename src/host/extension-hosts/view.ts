import { existsSync, lstatSync } from "node:fs";
import type { ExtensionGrants } from "../bootstrap.ts";
import type { ViewEntry } from "./confinement.ts";
import { isWithin } from "./module-paths.ts";

/** Programs and libraries, which are the same for everybody. */
const SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache"];
/** What finds addresses by names, and trusts them. */
const NETWORK = ["/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services", "/etc/ssl"];
const DEVICES = ["/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"];

export interface ViewParts {
  /** Node itself, weir's program, and what belongs to the extensions. */
  readonly read: readonly string[];
  readonly grants: Pick<ExtensionGrants, "read" | "write" | "network">;
  /** Nobody sees it. */
  readonly stateDir: string;
}

/** The file system of a process: what it needs, what was granted, and nothing else. */
export function viewOf({ read, grants, stateDir }: ViewParts): readonly ViewEntry[] {
  const system = [...SYSTEM, ...(grants.network ? NETWORK : [])].filter(existsSync);
  const links = system.filter((path) => lstatSync(path).isSymbolicLink() && !path.startsWith("/etc/"));
  const readable = [...system.filter((path) => !links.includes(path)), ...read, ...grants.read];
  const writable = outermost(grants.write);
  const entries = [
    ...links.map((path) => entry("link", path)),
    ...outermost(readable).map((path) => entry("read", path)),
    ...DEVICES.filter(existsSync).map((path) => entry("device", path)),
  ].filter(({ path }) => !writable.includes(path));
  // A folder comes before what lies in it: what is mounted later covers what was there before.
  const ordered = [...entries, ...writable.map((path) => entry("write", path))].sort((one, other) =>
    one.path < other.path ? -1 : 1,
  );
  const shown = ordered.some(({ kind, path }) => (kind === "read" || kind === "write") && isWithin(stateDir, path));
  return shown && existsSync(stateDir) ? [...ordered, entry("hidden", stateDir)] : ordered;
}

/** Without those that lie in others. */
function outermost(paths: readonly string[]): readonly string[] {
  const distinct = [...new Set(paths)];
  return distinct.filter((path) => !distinct.some((other) => other !== path && isWithin(path, other)));
}

function entry(kind: ViewEntry["kind"], path: string): ViewEntry {
  return { kind, path };
}
