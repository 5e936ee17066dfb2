/** Commands that name keys: rules may put a condition on them. */
export const KEYED_COMMANDS = [
  "get",
  "gat",
  "set",
  "add",
  "replace",
  "append",
  "prepend",
  "cas",
  "incr",
  "decr",
  "delete",
  "touch",
  "me",
  "rget",
  "rset",
  "rappend",
  "rprepend",
  "rdelete",
  "rincr",
  "rdecr",
] as const;

/** Commands without keys. */
export const KEYLESS_COMMANDS = [
  "stats",
  "flush_all",
  "version",
  "quit",
  "noop",
  "verbosity",
  "slabs",
  "lru",
  "lru_crawler",
  "watch",
  "cache_memlimit",
  "shutdown",
  "misbehave",
  "sasl-list-mechs",
  "sasl-auth",
  "sasl-step",
  "set-vbucket",
  "get-vbucket",
  "del-vbucket",
  "tap-connect",
  "tap-mutation",
  "tap-delete",
  "tap-flush",
  "tap-opaque",
  "tap-vbucket-set",
  "tap-checkpoint-start",
  "tap-checkpoint-end",
] as const;

/** What a request is, as policy names it, whatever protocol it came in. */
export type Command = (typeof KEYED_COMMANDS)[number] | (typeof KEYLESS_COMMANDS)[number];

const STORAGE = ["set", "add", "replace", "append", "prepend", "cas", "incr", "decr"] as const satisfies Command[];

/** Names in policy that stand for several commands. */
export const COMMAND_GROUPS: Readonly<Record<string, readonly Command[]>> = {
  storage: STORAGE,
  writeGroup: [...STORAGE, "delete", "touch"],
};
