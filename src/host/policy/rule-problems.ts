import { setImmediate as nextTurn } from "node:timers/promises";
import type { ExtensionDeclaration } from "../../api/extension.ts";
import { reasonOf } from "../../lib/error.ts";
import type { DirectionRules } from "../../policy/direction-rules.ts";
import type { ExtensionSource } from "../../policy/extension-source.ts";
import { NOBODY, parserProblems } from "../../policy/parser-problems.ts";
import type { Direction } from "../../policy/policy-entry.ts";
import { conditionsOf, type RequestRule } from "../../policy/request/rule-conditions.ts";

/** One is enough to act upon. */
const PROBLEMS_MAX = 10;

/** Expressions of a large policy take a second to compile: traffic goes on in between. */
const TURN_MS = 5;
/** To look at the clock costs about as much as to check a simple rule. */
const RULES_PER_LOOK = 16;

/**
 * Why the rules of a direction cannot be enforced with the extensions of this host, whoever the peers are. Whether two
 * extensions meet at one peer is judged by the agent, which alone knows all identities at once; here they may come one
 * after the other, and connections that it concerns are denied.
 */
export async function ruleProblems(
  direction: Direction,
  rules: DirectionRules,
  extensions: ExtensionSource,
): Promise<readonly string[]> {
  const problems = parserProblems(direction, rules, extensions, NOBODY).map(({ message }) => message);
  let checked = 0;
  let turnEndsMs = performance.now() + TURN_MS;
  for (const { l7 } of rules.entries) {
    const declaration = l7 && extensions.get(l7.parser);
    for (const rule of (declaration && l7?.rules) ?? []) {
      const problem = declaration && conditionProblem(declaration, rule);
      if (problem !== undefined) problems.push(problem);
      if (problems.length >= PROBLEMS_MAX) return problems;
      checked++;
      if (checked % RULES_PER_LOOK !== 0 || performance.now() < turnEndsMs) continue;
      await nextTurn();
      turnEndsMs = performance.now() + TURN_MS;
    }
  }
  return problems;
}

/** Compiles what the first request would need anyway. */
function conditionProblem(declaration: ExtensionDeclaration, rule: RequestRule): string | undefined {
  try {
    conditionsOf(declaration, rule);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}
