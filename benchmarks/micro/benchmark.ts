/** One piece of work that is measured in a loop. */
export interface MicroBenchmark {
  readonly name: string;
  /** What one figure is for: "request", "match". */
  readonly unit: string;
  /**
   * Does at least `count` units of work, in whole batches.
   *
   * @returns How many it did.
   * @throws Error if the work did not do what it should: a closed connection would be measured as a fast one.
   */
  run(count: number): number;
}
