import { readFileSync } from "node:fs";

/** Type of the entry of the auxiliary vector that tells the size of a page (getauxval(3)). */
const AT_PAGESZ = 6n;
const ENTRY_BYTES = 16;
const PAGE_BYTES_USUAL = 4_096;

let pageBytes: number | undefined;

/** Resident memory of a process in bytes; 0 where that cannot be known. */
export function residentBytes(pid: number): number {
  try {
    // Size, then the resident part, in pages (proc(5), statm).
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
    pageBytes ??= findPageBytes();
    return pages * pageBytes;
  } catch {
    return 0;
  }
}

function findPageBytes(): number {
  const vector = readFileSync("/proc/self/auxv");
  for (let at = 0; at + ENTRY_BYTES <= vector.length; at += ENTRY_BYTES) {
    if (vector.readBigUInt64LE(at) === AT_PAGESZ) return Number(vector.readBigUInt64LE(at + 8));
  }
  return PAGE_BYTES_USUAL;
}
