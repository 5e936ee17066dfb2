/** Numbers that follow from a seed, so that a run can be played again: 0 ≤ x < 1. */
export type Random = () => number;

/** Numbers in a row (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    return mixed(state) / 2 ** 32;
  };
}

/** One number of 32 bits that follows from others, whatever was asked before. */
export function hashOf(...parts: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) hash = mixed((hash ^ part) >>> 0);
  return hash;
}

function mixed(state: number): number {
  let value = Math.imul(state ^ (state >>> 15), state | 1);
  value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
  return (value ^ (value >>> 14)) >>> 0;
}

export function between(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from));
}

export function oneOf<T>(random: Random, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)] as T;
}
