/** One way to cut bytes into pieces. */
export interface Cut {
  readonly name: string;
  readonly pieces: readonly Buffer[];
}

/**
 * The ways in which a case is to be tried: whole, byte by byte, and `randomCount` seeded random ones. The same seed
 * gives the same cuts.
 */
export function cuts(bytes: string | Uint8Array, seed = 1, randomCount = 8): readonly Cut[] {
  const whole = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : Buffer.from(bytes);
  const all: Cut[] = [
    { name: "whole", pieces: [whole] },
    { name: "byte by byte", pieces: [...whole].map((byte) => Buffer.of(byte)) },
  ];
  const random = generator(seed);
  for (let round = 0; round < randomCount; round++) {
    all.push({ name: `random cut ${round} of seed ${seed}`, pieces: randomPieces(whole, random) });
  }
  return all;
}

function randomPieces(whole: Buffer, random: () => number): readonly Buffer[] {
  const pieces: Buffer[] = [];
  // Small and large pieces in turn find other mistakes than pieces of one size.
  const sizeMax = 1 + Math.floor(random() * Math.max(1, Math.min(whole.length, 64)));
  for (let start = 0; start < whole.length; ) {
    const end = Math.min(whole.length, start + 1 + Math.floor(random() * sizeMax));
    pieces.push(whole.subarray(start, end));
    start = end;
  }
  return pieces;
}

/** Numbers in [0, 1): a linear congruential generator (constants of Numerical Recipes), enough for choosing cuts. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
