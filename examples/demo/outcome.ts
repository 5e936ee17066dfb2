/** What came of an attempt, and whether the policy says so. */
export interface Outcome {
  /** What was tried, in a few words. */
  readonly what: string;
  /** `reset`: the connection itself was refused. */
  readonly seen: "allowed" | "denied" | "reset" | "failed";
  /** What the client found. */
  readonly found: string | undefined;
  /** The error that the client library gave. */
  readonly error: string | undefined;
  /** The rule that decided, from the access log. */
  readonly rule: string | undefined;
  /** Why this is not what the policy says. Empty: it is. */
  readonly faults: readonly string[];
}

/** Takes down in what an attempt differs from what the policy says of it. */
export class Faults {
  readonly list: string[] = [];
  private readonly what: string;

  constructor(what: string) {
    this.what = what;
  }

  expect(subject: string, found: unknown, expected: unknown): void {
    if (found === expected) return;
    this.list.push(`${this.what}: ${subject} is ${String(found)}, expected ${String(expected)}`);
  }
}
