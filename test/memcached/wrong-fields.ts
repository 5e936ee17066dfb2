/** What stands in the data blocks of wrong writes: none of it may run. */
export const SMUGGLED = "delete no-1\r\nset no-2 0 0 1\r\nx\r\ntouch ro-1 100\r\nflush_all\r\n";

export const WRITE_VERBS: readonly string[] = ["set", "add", "append", "cas"];

/** Right and wrong values for each field of a write; the first of each is right. */
export const OWN_KEY_FORMS: readonly string[] = [
  ...["ok-1", "ok-2", `ok-${"k".repeat(247)}`, `ok-${"k".repeat(248)}`, `ok-${"k".repeat(3_000)}`, "ok-\0", "ok-\t1"],
  ...["b2stMQ==", "ok-1 no-1", ""],
];
export const NUMBERS: readonly string[] = [
  ...[
    "0",
    "1",
    "5",
    "-1",
    "+1",
    "01",
    "1x",
    "x",
    "0x1",
    "1.5",
    "4294967296",
    "2147483648",
    "-2147483649",
    "1\0",
    "1\t",
  ],
  ...["99999999999", "18446744073709551616", "9223372036854775808", "noreply", ""],
];
export const LENGTHS: readonly string[] = [
  ...[
    String(SMUGGLED.length),
    "0",
    "1",
    "2",
    "-1",
    "+5",
    "05",
    "4294967296",
    "4294967297",
    "4294967301",
    "x",
    "5x",
    "",
  ],
  ...["18446744073709551617", "2147483647", "2147483648", "1073741824", "1073741825", "99999999999999999999", "5\0"],
  ...["18446744073709551616", "-4294967291", "8589934592"],
];
export const TAILS: readonly string[] = [
  ...[
    "",
    " ",
    " noreply",
    " q",
    " 7",
    " x y",
    " noreply noreply",
    "\t",
    "\0",
    "\r",
    " noreply\r",
    `${" z".repeat(30)}`,
  ],
];
export const META_FLAGS: readonly string[] = [
  ...["k", "b", "q", "c", "I", "T0", "T1x", "T99999999999", "F1", "F-1", "F4294967296", "C1", "C-1", "Cx", "MS", "ME"],
  ...[
    "Me",
    "MSS",
    "M",
    "X",
    "x",
    "E1",
    "N1",
    "S5",
    "v",
    "vv",
    "O1",
    `O${"1".repeat(40)}`,
    "P",
    "L",
    "D1",
    "J1",
    "\xe9",
  ],
  ...["\x7f", "T", "T-1", "T+1", "C18446744073709551616", "MA", "MP", "MR"],
];

/** Verb, key, flags, expiry, length, and what stands behind. */
export type WriteFields = [string, string, string, string, string, string];

/** A classic write with these fields, its data block behind it. */
export function writeLine(...[verb, key, flags, expiry, length, tail]: WriteFields): string {
  const unique = verb === "cas" ? " 1" : "";
  return `${verb} ${key} ${flags} ${expiry} ${length}${unique}${tail}\r\n${SMUGGLED}\r\n`;
}

/** A meta write. */
export function metaWriteLine(key: string, length: string, flags: readonly string[], tail: string): string {
  return `ms ${[key, length, ...flags].join(" ")}${tail}\r\n${SMUGGLED}\r\n`;
}
