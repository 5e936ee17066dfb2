import type { Outcome } from "./outcome.ts";
import { failure, outcome, print, scene, step, title } from "./screen.ts";

/** One workload, and what it tries. */
export interface Scene<Attempt> {
  /** Name of the endpoint in the configuration. */
  readonly who: string;
  readonly address: string;
  /** What the policy says, in words. */
  readonly may: string;
  readonly attempts: readonly Attempt[];
}

/** A workload that is there. */
export interface Actor<Attempt> extends AsyncDisposable {
  attempt(attempt: Attempt): Promise<Outcome>;
}

/** Lets every workload try what it has to try. */
export async function tellStory<Attempt>(
  story: readonly Scene<Attempt>[],
  enter: (scene: Scene<Attempt>) => Actor<Attempt>,
  end: AbortSignal,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  title("What they try, what comes of it, and the rule that decided");
  for (const each of story) {
    scene(each.who, each.address, each.may);
    await using actor = enter(each);
    for (const attempt of each.attempts) {
      end.throwIfAborted();
      const result = await actor.attempt(attempt);
      outcome(result);
      outcomes.push(result);
    }
  }
  return outcomes;
}

/** The different errors that client libraries gave, joined. */
export function errorsOf(outcomes: readonly Outcome[], seen: Outcome["seen"]): string {
  const errors = outcomes.flatMap((result) => (result.seen === seen ? [result.error] : []));
  return [...new Set(errors.filter((error) => error !== undefined))].join(", ");
}

/** Says whether all went as the policy says. */
export function tellResult(outcomes: readonly Outcome[]): boolean {
  const all = outcomes.length;
  const good = outcomes.filter((result) => result.faults.length === 0).length;
  print();
  if (good === all) step(`${all} of ${all} attempts went as the policy says.`);
  else failure(`${all - good} of ${all} attempts did not go as the policy says (✖ above).`);
  return good === all;
}
