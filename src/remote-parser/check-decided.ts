import { COUNT_MAX } from "../proxylib/verdict.ts";
import { BodyReader } from "./body-reader.ts";
import {
  FAILURES,
  FIELDS_BYTES_MAX,
  INJECT_BYTES_MAX,
  LogFlag,
  Op,
  RECORD_TYPES,
  STATE_BYTES_MAX,
} from "./protocol.ts";
import type { Logged } from "./record-account.ts";
import type { RemoteHalf } from "./remote-half.ts";
import { ProtocolViolation } from "./violation.ts";

/** Operations in a row that decide no byte, with no new bytes in between, within a second: what makes more is a flood. */
const IDLE_OPERATIONS_MAX = 65_536;
const IDLE_MS = 1000;

/** What is known of the real parser, for another one that is to go on in its place. */
export interface HostMemory {
  /** Nothing has come of any call yet: another parser begins anew. */
  fresh: boolean;
  /** `state` holds for all that was decided. */
  valid: boolean;
  state: Buffer;
  /** The parser is not sure that what passed was read by the server as by itself. */
  objects: boolean;
  /** Operations that decided no byte, since when. */
  idleOperations: number;
  idleSince: number;
  /** The real parser has ended the connection; what it decided before is to be carried out first. */
  failed: boolean;
}

/** What one DECIDED holds. Filled again by every check. */
export interface Checked extends Logged {
  logs: number;
  logBytes: number;
  verdicts: number;
  decidedBytes: number;
  /** DATA that were taken. */
  taken: number;
  /** Some of its operations are to be carried out. */
  carries: boolean;
}

const body = new BodyReader();
const checked: Checked = { logs: 0, logBytes: 0, verdicts: 0, decidedBytes: 0, taken: 0, carries: false };

/**
 * Reads the operations of one DECIDED, refuses what no honest host sends, and notes what holds from their arrival on.
 * They are carried out later, by another reading.
 *
 * @param half undefined: they were made outside of any call.
 * @param now Milliseconds, monotonic.
 */
export function checkDecided(
  operations: Buffer,
  half: RemoteHalf | undefined,
  memory: HostMemory,
  now: number,
): Checked {
  body.open(operations, 0, operations.length);
  if (now - memory.idleSince > IDLE_MS) {
    memory.idleOperations = 0;
    memory.idleSince = now;
  }
  checked.logs = 0;
  checked.logBytes = 0;
  checked.verdicts = 0;
  checked.decidedBytes = 0;
  checked.taken = 0;
  checked.carries = false;
  while (body.left > 0) {
    const op = body.u8();
    memory.idleOperations++;
    if (op <= Op.Fail) checked.carries = true;
    if (op <= Op.Log) {
      memory.fresh = false;
      memory.valid = false;
    }
    switch (op) {
      case Op.Pass:
      case Op.Drop:
        checked.verdicts++;
        checked.decidedBytes += decide(callOf(half), body.u64());
        memory.idleOperations = 0;
        break;
      case Op.Inject:
        shown(callOf(half));
        body.block(INJECT_BYTES_MAX);
        break;
      case Op.Insert:
        if (body.u8() > 1) throw new ProtocolViolation("an INSERT into no direction");
        body.block(INJECT_BYTES_MAX);
        break;
      case Op.Log:
        if (body.u8() >= RECORD_TYPES.length) throw new ProtocolViolation("a LOG of no type");
        body.flags(LogFlag.Allowed | LogFlag.Audited);
        body.u32();
        body.u32();
        checked.logs++;
        checked.logBytes += body.block(FIELDS_BYTES_MAX).length;
        break;
      case Op.Fail:
        if (FAILURES[body.u8()] === undefined) throw new ProtocolViolation("a FAIL of no kind");
        memory.failed = true;
        body.u8();
        body.block(FIELDS_BYTES_MAX);
        break;
      case Op.More:
        ask(callOf(half), body.u64());
        break;
      case Op.Nop:
        callOf(half).asked = "nop";
        break;
      case Op.Wait:
        wait(callOf(half), now);
        break;
      case Op.Taken:
        callOf(half);
        checked.taken++;
        break;
      case Op.State:
        memory.state = Buffer.from(body.block(STATE_BYTES_MAX));
        memory.valid = true;
        memory.fresh = false;
        break;
      case Op.Same:
        memory.valid = true;
        break;
      case Op.Objects:
        memory.objects = body.u8() !== 0;
        break;
      default:
        throw new ProtocolViolation(`there is no operation 0x${op.toString(16)}`);
    }
  }
  if (memory.idleOperations > IDLE_OPERATIONS_MAX) {
    throw new ProtocolViolation(`${memory.idleOperations} operations in a row decide nothing`);
  }
  return checked;
}

function callOf(half: RemoteHalf | undefined): RemoteHalf {
  if (half === undefined) throw new ProtocolViolation("an operation that needs a call was made outside of any");
  return half;
}

/** A parser is not called before what it decided ahead has come: until then it decides nothing. */
function shown(half: RemoteHalf): void {
  if (half.decided > half.sent) throw new ProtocolViolation("something was decided behind what the host was shown");
}

/** @returns How many of these bytes have come. */
function decide(half: RemoteHalf, count: number): number {
  shown(half);
  if (count < 1 || count > COUNT_MAX) throw new ProtocolViolation(`a count of ${count}`);
  const come = half.carried + half.available - half.decided;
  half.decided += count;
  if (!Number.isSafeInteger(half.decided)) throw new ProtocolViolation("an offset above 2^53 - 1");
  // What is behind it has not been asked for.
  half.asked = "unknown";
  return Math.max(0, Math.min(count, come));
}

function ask(half: RemoteHalf, offset: number): void {
  // How much may be asked for is the engine's to judge.
  if (offset <= half.decided) throw new ProtocolViolation("MORE asks for bytes that were decided");
  half.asked = "more";
  half.needed = offset;
}

function wait(half: RemoteHalf, now: number): void {
  half.asked = "wait";
  half.waitsSince = now;
}
