import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { TOOLS_ENVIRONMENT } from "../confinement.ts";

const NOBODY = 65_534;
const run = promisify(execFile);

/**
 * - `confined`: extensions see what is theirs and nothing else.
 * - `otherUser`: they are another user in the machine's network, who sees what everybody may.
 * - `sameUser`: they are weir's own user.
 * - `unbounded`: so they are, and neither their files and memory nor their lives have an end that is set from outside.
 */
export type Kind = "confined" | "otherUser" | "sameUser" | "unbounded";

/** A way to run weir, more or less privileged, and how its extensions are kept there. */
export interface RunWay {
  readonly name: string;
  readonly kind: Kind;
  /** Who owns weir's files there. undefined: whoever runs the tests. */
  readonly owner: number | undefined;
  /** What runs a program so: put it before the program. */
  readonly command: readonly string[];
  /** A program that ends well if the machine can show this way. */
  readonly needs: readonly string[];
}

const IS_ROOT = process.getuid?.() === 0;
const NOBODY_COMMAND = IS_ROOT
  ? ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--bounding-set=-all"]
  : [];
const USER_NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount", "--net", "--pid", "--fork", "true"];

/** @param folder Is there, and is nobody else's: something is mounted on it, which only the program sees. */
export function runWays(folder: string): readonly RunWay[] {
  // The kernel makes no user namespaces for whoever is in a chroot(2).
  const withoutUserNamespaces = shell(`mount --rbind / ${folder} && exec chroot ${folder} "$@"`);
  const without = (program: string): readonly string[] =>
    shell(
      'for at in /usr/bin /usr/sbin /bin /sbin; do [ ! -e "$at/$0" ] || mount --bind /dev/null "$at/$0"; done && exec "$@"',
      program,
    );
  const asRoot = { owner: undefined, needs: ["true"] };
  const asNobody = { owner: IS_ROOT ? NOBODY : undefined, needs: ["true"] };
  return [
    { ...asRoot, name: "root", kind: "confined", command: [], needs: ["unshare", "--mount", "--net", "true"] },
    {
      ...{ ...asRoot, needs: USER_NAMESPACE },
      ...{ name: "root without CAP_SYS_ADMIN", kind: "confined", command: ["setpriv", "--bounding-set=-sys_admin"] },
    },
    {
      ...{ ...asRoot, name: "root without CAP_SYS_ADMIN and without user namespaces", kind: "otherUser" },
      command: [...withoutUserNamespaces, "setpriv", "--bounding-set=-sys_admin"],
    },
    {
      ...{ ...asRoot, name: "root without capabilities", kind: "sameUser" },
      command: ["setpriv", "--bounding-set=-all"],
    },
    {
      ...{ ...asRoot, name: "root of a container without other users", kind: "confined" },
      command: ["unshare", "--user", "--map-root-user"],
    },
    {
      ...{ ...asRoot, name: "root of a container without other users and without further user namespaces" },
      kind: "confined",
      command: [
        ...["unshare", "--user", "--map-root-user"],
        ...["sh", "-c", 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"', "sh"],
      ],
    },
    { ...asRoot, name: "root without unshare(1)", kind: "otherUser", command: without("unshare") },
    { ...asRoot, name: "root without setpriv(1)", kind: "unbounded", command: without("setpriv") },
    { ...asNobody, name: "another user", kind: "confined", command: NOBODY_COMMAND, needs: USER_NAMESPACE },
    {
      ...{ ...asNobody, name: "another user without user namespaces", kind: "sameUser" },
      command: [...withoutUserNamespaces, ...NOBODY_COMMAND],
    },
  ];
}

function shell(script: string, name = "sh"): readonly string[] {
  return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, name];
}

/** @returns Why this machine, or this user, cannot show a way; undefined: it can. */
export async function whyNotShown({ command, needs, owner }: RunWay): Promise<string | undefined> {
  if (!IS_ROOT && command.length > 0) return "only root can run weir in another way than it runs itself";
  // A checkout below a home that nobody else may enter is of no use to another user.
  const sources = owner === undefined ? [] : ["cat", join(import.meta.dirname, "run-ways.ts")];
  for (const program of [["true"], needs, sources].filter(({ length }) => length > 0)) {
    const [file = "", ...parameters] = [...command, ...program];
    try {
      await run(file, parameters, { env: TOOLS_ENVIRONMENT, cwd: "/" });
    } catch (error) {
      return (error as Error).message.trim();
    }
  }
  return undefined;
}
