import type { Confinement, Sandbox } from "./confinement.ts";
import { VIEW_SCRIPT, viewArguments } from "./view-script.ts";

/** What is started ends with whoever started it, also with one that was killed. */
const END_WITH_PARENT = ["setpriv", "--pdeathsig", "KILL"];
/** No capability is left, and none can come back, by no program and in no way. */
const NO_PRIVILEGES = [
  ...["setpriv", "--pdeathsig", "KILL", "--no-new-privs"],
  ...["--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"],
];
/** For a user 0 without power: it has none because its number is 0. */
const NO_ROOT = ["--securebits", "+noroot,+noroot_locked,+no_setuid_fixup,+no_setuid_fixup_locked"];
/** Waits for the only program that it starts, without a word of its own, and ends as that one does. */
const WAIT_SCRIPT = 'exec 9>&2 2>/dev/null; (exec "$@" 2>&9 9>&-); exit $?';
/**
 * Its own processes are all that it can see or signal, and they end with the first of them. `unshare --fork` would do as well,
 * but cannot tell everywhere that a signal ended it.
 */
const OWN_PROCESSES = ["unshare", "--pid", "--", "sh", "-c", WAIT_SCRIPT, "weir-wait"];

/**
 * By root: a user, a network, processes and a file system of its own. Where a container has no user to spare, it stays the
 * same user, without any power, who owns nothing that it sees.
 *
 * @param mountPoint An empty folder. It stays empty: what is mounted there is seen by the process alone.
 */
export function asOtherUser(mountPoint: string): Confinement {
  return {
    ownUser: true,
    ownView: true,
    forks: true,
    unconfined: [],
    command: (program, sandbox) => [
      ...END_WITH_PARENT,
      ...namespaces([], sandbox),
      ...inView(mountPoint, sandbox, [
        ...OWN_PROCESSES,
        ...limited(sandbox),
        ...NO_PRIVILEGES,
        ...(sandbox.user === undefined ? NO_ROOT : userArguments(sandbox.user)),
        ...program,
      ]),
    ],
  };
}

/** The same by anybody, where the kernel lets users make namespaces. It stays the same user, who owns nothing that it sees. */
export function inUserNamespace(mountPoint: string): Confinement {
  return {
    ownUser: false,
    ownView: true,
    forks: true,
    unconfined: [],
    command: (program, sandbox) => [
      ...END_WITH_PARENT,
      ...namespaces(["--user", "--map-root-user"], sandbox),
      ...inView(mountPoint, sandbox, [...OWN_PROCESSES, ...limited(sandbox), ...NO_PRIVILEGES, ...NO_ROOT, ...program]),
    ],
  };
}

/** By root where namespaces cannot be made: another user alone. */
export function asOtherUserOnly(reason: string): Confinement {
  return {
    ownUser: true,
    ownView: false,
    forks: false,
    unconfined: [
      "it shares the network of the machine, and is kept from files and sockets that every user may use by Node's " +
        `permission model alone, which does not know sockets: ${reason}`,
    ],
    command: (program, sandbox) => [
      ...limited(sandbox),
      ...NO_PRIVILEGES,
      ...(sandbox.user === undefined ? [] : userArguments(sandbox.user)),
      ...program,
    ],
  };
}

/** Where nothing else is possible: bounds of memory and files, and Node's permission model. */
export function asSameUser(reason: string): Confinement {
  return {
    ownUser: false,
    ownView: false,
    forks: false,
    unconfined: [sameUser(reason)],
    command: (program, sandbox) => [...limited(sandbox), ...END_WITH_PARENT, "--no-new-privs", ...program],
  };
}

/** Where the tools are missing. */
export function unconfined(reason: string): Confinement {
  return {
    ownUser: false,
    ownView: false,
    forks: false,
    unconfined: [`${sameUser(reason)}; if it is stuck when its host is killed, it goes on`],
    command: (program) => program,
  };
}

function sameUser(reason: string): string {
  return (
    "it runs as weir's own user in the machine's network, so it can use sockets that this user can use, weir's own included, " +
    `and end this user's processes; files are kept from it by Node's permission model alone: ${reason}`
  );
}

function namespaces(more: readonly string[], { network }: Sandbox): readonly string[] {
  const kinds = ["--mount", "--propagation", "private", "--ipc", ...(network ? [] : ["--net"])];
  return ["unshare", ...more, ...kinds, "--"];
}

function inView(mountPoint: string, { view }: Sandbox, program: readonly string[]): readonly string[] {
  return ["sh", "-c", VIEW_SCRIPT, "weir-view", ...viewArguments(mountPoint, view, program)];
}

function limited({ limits }: Sandbox): readonly string[] {
  return limits.length === 0 ? [] : ["prlimit", ...limits, "--"];
}

function userArguments(user: number): readonly string[] {
  return ["--reuid", `${user}`, "--regid", `${user}`, "--clear-groups"];
}
