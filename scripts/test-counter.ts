// A reporter for node:test that writes what a program wants to know of a run, as one line of JSON at its end.
import type { TestEvent } from "node:test/reporters";

/** What test-counter writes. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
  readonly todo: readonly string[];
}

export default async function* count(source: AsyncIterable<TestEvent>): AsyncGenerator<string, void> {
  const skipped: string[] = [];
  const todo: string[] = [];
  let passed = 0;
  let failed = 0;
  for await (const event of source) {
    if (event.type !== "test:pass" && event.type !== "test:fail") continue;
    if (event.data.details.type === "suite") continue;
    // `skip: false` marks a test that could have been skipped and was not.
    if (event.data.skip !== undefined && event.data.skip !== false) skipped.push(event.data.name);
    else if (event.data.todo !== undefined && event.data.todo !== false) todo.push(event.data.name);
    else if (event.type === "test:pass") passed++;
    else failed++;
  }
  yield `${JSON.stringify({ passed, failed, skipped, todo } satisfies TestCounts)}\n`;
}
