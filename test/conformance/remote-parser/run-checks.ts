import { reasonOf } from "../../../src/lib/error.ts";
import { CHECKS } from "./checks.ts";
import { type HostStream, HostUnderTest } from "./host-under-test.ts";

/** An answer that does not come is a failure; a machine may be slow. */
const ANSWER_MS = 10_000;

export interface CheckResult {
  readonly name: string;
  /** What the host did wrong; undefined: nothing. */
  readonly problem: string | undefined;
}

/**
 * Starts a host for each check, and plays its owner.
 *
 * @param answerMs How long an answer may take.
 * @param ways Whether frames are sent in pieces. Default: whole, and then in pieces.
 */
export async function* runChecks(
  start: () => HostStream,
  ways: readonly boolean[] = [false, true],
  answerMs: number = ANSWER_MS,
): AsyncGenerator<CheckResult> {
  for (const check of CHECKS) {
    for (const inPieces of ways) {
      const host = new HostUnderTest(start(), inPieces, answerMs);
      const name = inPieces ? `${check.name} (in pieces)` : check.name;
      try {
        await check.run(host);
        yield { name, problem: undefined };
      } catch (error) {
        yield { name, problem: reasonOf(error) };
      } finally {
        await host.dispose();
      }
    }
  }
}
