/** Where generators take their decisions from, so that one and the same text comes again. */
export interface Choices {
  /** A whole number from 0 to below `count`; 0 is the simplest choice. */
  below(count: number): number;
}

/** One of the items; the first is the simplest. */
export function oneOf<T>(choices: Choices, items: readonly T[]): T {
  return items[choices.below(items.length)] as T;
}

/** Whether to take a simple option that is there once in `count` times. */
export function seldom(choices: Choices, count: number): boolean {
  return choices.below(count) === count - 1;
}

/** Choices that stand on a tape; behind its end all are the simplest. Shorter and smaller tapes are simpler texts. */
export function tapeChoices(tape: readonly number[]): Choices {
  let next = 0;
  return { below: (count) => (tape[next++] ?? 0) % count };
}

/** Endless choices that follow from a seed (xorshift32). */
export function seededChoices(seed: number): Choices {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  return {
    below(count) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      state >>>= 0;
      return state % count;
    },
  };
}
