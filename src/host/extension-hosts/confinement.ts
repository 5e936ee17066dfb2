/** What one process may see and use. All paths are absolute. */
export interface Sandbox {
  /** The user that it should run as. undefined: the one that runs now. */
  readonly user: number | undefined;
  /** What it sees of the file system, where it can be given a file system of its own. */
  readonly view: readonly ViewEntry[];
  /** It may use the machine's network. */
  readonly network: boolean;
  /** Arguments of prlimit(1). */
  readonly limits: readonly string[];
}

/**
 * `read`, `write`: a file or folder of the machine, at the same path. `link`: a symbolic link as the machine has it.
 * `device`: a device file. `hidden`: an empty folder is there in its place.
 */
export interface ViewEntry {
  readonly kind: "read" | "write" | "link" | "device" | "hidden";
  readonly path: string;
}

/** A way to keep a process from what it must not reach. */
export interface Confinement {
  /** Whether processes get a user of their own. */
  readonly ownUser: boolean;
  /** Whether processes get a file system of their own, in which they see what `Sandbox.view` names. */
  readonly ownView: boolean;
  /** The process that is started makes the real one as its only child. */
  readonly forks: boolean;
  /** What it does not keep a process from, and why: one sentence each. */
  readonly unconfined: readonly string[];
  /** The command that runs `program` so. Its first item is the file to run. */
  command(program: readonly string[], sandbox: Sandbox): readonly string[];
}

/** Everything that a confinement runs is found here. */
export const TOOLS_ENVIRONMENT: Readonly<Record<string, string>> = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
