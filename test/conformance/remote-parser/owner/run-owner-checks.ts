import { reasonOf } from "../../../../src/lib/error.ts";
import type { CheckResult } from "../run-checks.ts";
import type { OwnerCheck } from "./check.ts";
import { BYTES } from "./checks/bytes.ts";
import { ENDS } from "./checks/ends.ts";
import { HOSTILE } from "./checks/hostile.ts";
import { OPENING } from "./checks/opening.ts";
import { RESTARTS } from "./checks/restarts.ts";
import { WINDOWS } from "./checks/windows.ts";
import type { StartOwner } from "./owner-process.ts";
import { OwnerUnderTest } from "./owner-under-test.ts";

/** An answer that does not come is a failure; a machine may be slow. */
const ANSWER_MS = 10_000;
/** Most of the time checks wait. */
const AT_ONCE = 6;

export const OWNER_CHECKS: readonly OwnerCheck[] = [...OPENING, ...BYTES, ...WINDOWS, ...ENDS, ...HOSTILE, ...RESTARTS];

export interface OwnerRun {
  /** Default: all. */
  readonly checks?: readonly OwnerCheck[];
  /** Whether frames are sent in pieces. Default: whole, and then in pieces. */
  readonly ways?: readonly boolean[];
  /** How long an answer may take. */
  readonly answerMs?: number;
}

/**
 * Starts an owner for each check, and plays its hosts, its clients and its servers. Results come in the order of the checks.
 */
export async function* runOwnerChecks(
  start: StartOwner,
  { checks = OWNER_CHECKS, ways = [false, true], answerMs = ANSWER_MS }: OwnerRun = {},
): AsyncGenerator<CheckResult> {
  const all = checks.flatMap((check) => ways.map((inPieces) => [check, inPieces] as const));
  const running: Promise<CheckResult>[] = [];
  for (const [check, inPieces] of all) {
    running.push(runCheck(start, check, inPieces, answerMs));
    if (running.length === AT_ONCE) yield await (running.shift() as Promise<CheckResult>);
  }
  for (const result of running) yield await result;
}

async function runCheck(
  start: StartOwner,
  check: OwnerCheck,
  inPieces: boolean,
  answerMs: number,
): Promise<CheckResult> {
  const name = inPieces ? `${check.name} (in pieces)` : check.name;
  let owner: OwnerUnderTest | undefined;
  try {
    owner = await OwnerUnderTest.start(start, check, inPieces, answerMs);
    await check.run(owner);
    await owner.finish();
    return { name, problem: undefined };
  } catch (error) {
    return { name, problem: reasonOf(error) };
  } finally {
    await owner?.dispose();
  }
}
