import { closeSync, constants, fstatSync, openSync, readSync, rmSync } from "node:fs";
import { type RecordTally, readTally, TALLY_BYTES_MAX } from "../../records/tally-bytes.ts";

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * What a host has last written of its records; undefined: nothing that can be read. At once: the next host with this
 * number puts its own file in the place.
 */
export function readTallyFile(path: string): RecordTally | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!fstatSync(file).isFile()) return undefined;
    const bytes = Buffer.alloc(TALLY_BYTES_MAX);
    return readTally(bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0)));
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The same, of a host that has ended: nobody looks there again. */
export function takeTallyFile(path: string): RecordTally | undefined {
  const tally = readTallyFile(path);
  try {
    rmSync(path, { force: true });
  } catch {
    // It stays where nothing can be written, and is small.
  }
  return tally;
}
