import { join } from "node:path";
import type { AttackedWeir } from "./rig/attacked-weir.ts";

/** Something that an extension does to everybody else, and what becomes of it. */
export interface AttackCase {
  readonly name: string;
  /** The line that makes the extension do it. */
  line(weir: AttackedWeir): string | Promise<string>;
  readonly outcome: Outcome;
  /** It goes on for ever: the process is ended afterwards. */
  readonly lasts: boolean;
  /** How long the process may live on, in milliseconds: what is promised, and as much again for a machine that is busy. */
  readonly endsWithinMs?: number;
}

/**
 * - `ended`: the process is ended, or ends, for that reason, and is started again.
 * - `closed`: the connection alone is closed, with a record that says why.
 * - `records`: the record that the extension makes of it says so.
 * - `free`: an extension may do that to its own connections, and nothing is said of it.
 */
export type Outcome =
  | { readonly kind: "ended" | "closed" | "records"; readonly says: RegExp }
  | { readonly kind: "free" };

const FREE: Outcome = { kind: "free" };
const STUCK = ended(/^stuck (in extension attacker|outside of any call) for \d+ ms$/);
/** Whoever is first: weir, which looks from time to time, V8 at its own limit, or the kernel, which gives no more. */
const MEMORY = ended(
  /^it used \d+ MiB of memory; 192 MiB are the limit$|^killed by SIG|^ended with code 1: RangeError: .*allocat/,
);
const REFUSED = closed(/has been restricted|disabled/);
/** How many values the attacker has that are no verdict. */
const NONSENSE = 20;
/** A process that is stuck is ended within this time. */
const WATCHDOG_MS = 2_000;

function ended(says: RegExp): Outcome {
  return { kind: "ended", says };
}

function closed(says: RegExp): Outcome {
  return { kind: "closed", says };
}

function attack(line: string, outcome: Outcome, lasts = false): AttackCase {
  return { name: line, line: () => `!${line}`, outcome, lasts };
}

/**
 * Kinds of attacks, each for a weir of its own: a process that ends often is started again later and later.
 */
export const ATTACKS: Readonly<Record<string, readonly AttackCase[]>> = {
  "fails, answers nonsense, ends, and does what was not granted": [
    attack("throw", closed(/^the parser threw Error: boom$/)),
    attack("reject", closed(/boom$/)),
    attack("never", closed(/has not settled a promise for more than 500 ms$/)),
    ...Array.from({ length: NONSENSE }, (_, index) =>
      attack(`nonsense ${index}`, closed(/ verdict|broke the protocol: a count/)),
    ),
    attack("nonsenseLater 1", closed(/no valid verdict/)),
    attack("passMore", FREE),
    attack("dropMore", FREE),
    attack("wait", FREE),
    attack("hold", FREE),
    attack("fork", REFUSED),
    attack("addon", REFUSED),
    { ...attack("write", REFUSED), line: ({ agent }) => `!write ${join(agent.folder, "written")}` },
    { ...attack("read", REFUSED), line: ({ agent }) => `!read ${join(agent.folder, "weir.yaml")}` },
    attack("throwLater", ended(/^ended with code 1: Error: boom$/)),
    attack("rejectLater", ended(/^ended with code 1: Error: boom$/)),
    attack("exit", ended(/^ended with code 7$/)),
    attack("abort", ended(/^killed by SIG/)),
    // The first process of its own world cannot be killed from within.
    attack("killGroup", FREE),
    attack("garbage", ended(/^it broke the protocol: /)),
    attack("closeChannel", ended(/^it closed its channel$|^ended with code 0$/)),
  ],
  "gets stuck, and leaks": [
    { ...attack("loop", STUCK), endsWithinMs: 2 * WATCHDOG_MS },
    { ...attack("loopLater", STUCK), endsWithinMs: 2 * WATCHDOG_MS },
    { ...attack("sleep", STUCK), endsWithinMs: 2 * WATCHDOG_MS },
    { ...attack("noise", ended(/^stuck |^it broke the protocol: /)), endsWithinMs: 2 * WATCHDOG_MS },
    attack("leakHeap", MEMORY),
    attack("leakBuffers", MEMORY),
    attack("leakAtOnce", ended(/./)),
  ],
  floods: [
    attack("injectAtOnce", closed(/./), true),
    attack("injectToServer", closed(/./), true),
    attack("injectForEver", FREE, true),
    attack("wakeForEver", FREE, true),
    attack("logForEver", FREE, true),
    attack("printForEver", FREE, true),
  ],
};

/** What only a process can be kept from that is confined. */
export const ESCAPES: readonly AttackCase[] = [
  { ...attack("signal", closed(/ESRCH|EPERM/)), line: async (weir) => `!signal ${(await weir.host()).pid}` },
  { ...attack("tcp", reached(/ENETUNREACH/)), line: ({ upstream }) => `!tcp 127.0.2.1:${upstream.port}` },
  { ...attack("weir.sock", reached(/ENOENT/)), line: ({ agent }) => `!unix ${join(agent.folder, "run/weir.sock")}` },
  { ...attack("xds.sock", reached(/ENOENT/)), line: ({ agent }) => `!unix ${join(agent.folder, "run/xds.sock")}` },
];

function reached(code: RegExp): Outcome {
  return { kind: "records", says: new RegExp(`^reached: ${code.source}$`) };
}
