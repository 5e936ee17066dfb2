import { closeSync, constants, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { TALLY_NUMBERS_AT, TALLY_NUMBERS_BYTES, tallyBytes, writeTallyNumbers } from "../../records/tally-bytes.ts";

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
const OWNER_ONLY = 0o600;

/**
 * Tells on disk, turn by turn, how many records a host has made, so that after its end an agent can say how many died with
 * it: what is in the page cache outlives a killed process. What cannot be had: the records of the very turn in which the
 * host is killed, at most those of one round of the event loop. They were never heard of.
 */
export class TallyFile implements Disposable {
  private readonly numbers = Buffer.alloc(TALLY_NUMBERS_BYTES);
  private file: number | undefined;
  private readonly onFailure: (error: unknown) => void;

  /**
   * Takes the place of the file of an earlier instance. Throws where it cannot be made.
   *
   * @param onFailure Cannot be written any more; called once. How many records died with the host is not known then.
   */
  constructor(path: string, instance: string, onFailure: (error: unknown) => void) {
    this.onFailure = onFailure;
    const draft = `${path}.new`;
    // Left behind by a host that was killed here.
    rmSync(draft, { force: true });
    const file = openSync(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, OWNER_ONLY);
    try {
      writeSync(file, tallyBytes({ instance, made: 0, acknowledged: 0 }));
      renameSync(draft, path);
    } catch (error) {
      closeSync(file);
      throw error;
    }
    this.file = file;
  }

  /** Takes about half a microsecond. Does not throw. */
  write(made: number, acknowledged: number): void {
    if (this.file === undefined) return;
    writeTallyNumbers(made, acknowledged, this.numbers);
    try {
      writeSync(this.file, this.numbers, 0, TALLY_NUMBERS_BYTES, TALLY_NUMBERS_AT);
    } catch (error) {
      this[Symbol.dispose]();
      this.onFailure(error);
    }
  }

  [Symbol.dispose](): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }
}
