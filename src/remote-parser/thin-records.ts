import { BodyReader } from "./body-reader.ts";
import { Op } from "./protocol.ts";
import type { Logged, RecordAccount } from "./record-account.ts";
import type { RecordBudget } from "./record-budget.ts";
import { LOG_HEAD_BYTES, skipOperation } from "./skip-operation.ts";

/** In the place of the fields of a record that has to be there. */
const LEFT_OUT = Buffer.from(
  JSON.stringify({ status: "the extension logs more than is written: the fields of this record were left out" }),
);
const LENGTH_BYTES = 4;
const CODE_BYTES = 1;

const body = new BodyReader();

export interface Thinned {
  readonly operations: Buffer;
  /** Records that were left out. */
  readonly dropped: number;
}

/**
 * Takes out of one DECIDED the records that nobody pays for. The last one before each verdict is the record of what was
 * decided: it stays, if need be without its fields.
 *
 * @param operations Checked before. They are only read.
 */
export function thinRecords(
  operations: Buffer,
  logged: Logged,
  account: RecordAccount,
  budget: RecordBudget,
  now: number,
): Thinned {
  const verdicts = recordsOfVerdicts(operations);
  const left = account.empty(logged);
  left.records -= verdicts.places.length;
  // What these may need is not for others.
  let reserved = Math.min(left.bytes, verdicts.bytes);
  left.bytes -= reserved;

  const kept: Buffer[] = [];
  let keptTo = 0;
  let dropped = 0;
  let nextVerdict = 0;
  const keepTo = (end: number): void => {
    if (end > keptTo) kept.push(operations.subarray(keptTo, end));
  };
  body.open(operations, 0, operations.length);
  while (body.left > 0) {
    const start = operations.length - body.left;
    if (skipOperation(body) !== Op.Log) continue;
    const end = operations.length - body.left;
    const fields = start + CODE_BYTES + LOG_HEAD_BYTES;
    const length = end - fields - LENGTH_BYTES;
    if (start === verdicts.places[nextVerdict]) {
      nextVerdict++;
      if (budget.take(0, Math.max(0, length - reserved), now)) {
        reserved = Math.max(0, reserved - length);
        continue;
      }
      keepTo(fields);
      const block = Buffer.alloc(LENGTH_BYTES);
      block.writeUInt32BE(LEFT_OUT.length);
      kept.push(block, LEFT_OUT);
    } else {
      const own = left.records >= 1 ? 1 : 0;
      const ownBytes = Math.min(left.bytes, length);
      if (budget.take(1 - own, length - ownBytes, now)) {
        left.records -= own;
        left.bytes -= ownBytes;
        continue;
      }
      keepTo(start);
      dropped++;
    }
    keptTo = end;
  }
  keepTo(operations.length);
  account.keep(left.records, left.bytes + reserved);
  return { operations: Buffer.concat(kept), dropped };
}

/** Where the records of verdicts are, and how many bytes their fields have. */
function recordsOfVerdicts(operations: Buffer): { readonly places: readonly number[]; readonly bytes: number } {
  const places: number[] = [];
  let bytes = 0;
  let last: { start: number; length: number } | undefined;
  body.open(operations, 0, operations.length);
  while (body.left > 0) {
    const start = operations.length - body.left;
    const op = skipOperation(body);
    if (op === Op.Log) {
      const end = operations.length - body.left;
      last = { start, length: end - start - CODE_BYTES - LOG_HEAD_BYTES - LENGTH_BYTES };
    } else if (last !== undefined && (op === Op.Pass || op === Op.Drop)) {
      places.push(last.start);
      bytes += last.length;
      last = undefined;
    }
  }
  return { places, bytes };
}
