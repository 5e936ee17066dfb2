import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { OwnerCheck } from "./check.ts";
import { BYTES } from "./checks/bytes.ts";
import { ENDS } from "./checks/ends.ts";
import { HOSTILE } from "./checks/hostile.ts";
import { OPENING } from "./checks/opening.ts";
import { RESTARTS } from "./checks/restarts.ts";
import { WINDOWS } from "./checks/windows.ts";
import { problemsOf } from "./owner-problems.ts";
import {
  WRONG_BYTES,
  WRONG_ENDS,
  WRONG_HOSTILE,
  WRONG_OPENING,
  WRONG_RESTARTS,
  WRONG_WINDOWS,
  type WrongOwner,
} from "./wrong-owners.ts";

/** Long enough for what is right, however busy the machine is, and no longer: what is wrong is waited for in vain. */
const IN_VAIN_MS = 3000;

const MATTERS: readonly (readonly [checks: readonly OwnerCheck[], owners: Readonly<Record<string, WrongOwner>>])[] = [
  [OPENING, WRONG_OPENING],
  [BYTES, WRONG_BYTES],
  [WINDOWS, WRONG_WINDOWS],
  [ENDS, WRONG_ENDS],
  [HOSTILE, WRONG_HOSTILE],
  [RESTARTS, WRONG_RESTARTS],
];

describe("an owner that does not conform is found by the checks that are meant for it", { concurrency: 4 }, () => {
  for (const [all, owners] of MATTERS) {
    for (const [name, { start, among = /./, fails }] of Object.entries(owners)) {
      it(name, async () => {
        const checks = all.filter((check) => among.test(check.name));
        const problems = await problemsOf(start, { checks, ways: [false], answerMs: IN_VAIN_MS });
        const unexpected = problems.filter((problem, at) => fails[at]?.test(problem) !== true);
        assert.deepEqual(unexpected, []);
        assert.equal(problems.length, fails.length);
      });
    }
  }
});
