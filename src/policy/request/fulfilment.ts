import { type Condition, holds } from "./condition.ts";
import type { RequestView } from "./request-view.ts";

/** What an allow rule asks: a value that it does not name would pass along with the others. */
export function fulfilledByAll(condition: Condition, request: RequestView): boolean {
  const first = request.first[condition.attribute];
  if (first === undefined || !holds(condition, first)) return false;
  const list = request.lists[condition.attribute];
  // Not `every`, which would pass over a hole in the list.
  if (list !== undefined) for (const value of list) if (!holds(condition, value)) return false;
  return true;
}

/** What a deny rule asks: a value that it names must not pass, whatever comes along with it. */
export function fulfilledBySome(condition: Condition, request: RequestView): boolean {
  const list = request.lists[condition.attribute];
  if (list === undefined) {
    const only = request.first[condition.attribute];
    return only !== undefined && holds(condition, only);
  }
  for (let index = 0; index < list.length; index++) if (holds(condition, list[index]!)) return true;
  return false;
}
