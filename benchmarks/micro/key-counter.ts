/** So many keys are asked in turn that no cache of decisions can answer from the last few. */
export const KEYS = 10_000;

const KEY_DIGITS = 6;
const VARIED_DIGITS = Math.log10(KEYS);
const ZERO = 0x30;
const NINE = 0x39;

export function keyOf(index: number): string {
  return `key-${String(index % KEYS).padStart(KEY_DIGITS, "0")}`;
}

/** Counts the key on by one in all places where its digits stand. Only the last digits run, so as to cost next to nothing. */
export function keyCounter(pieces: readonly Buffer[]): () => void {
  const digits = keyOf(0).slice(-KEY_DIGITS);
  const places = pieces.flatMap((piece) => placesOf(digits, piece).map((at) => ({ piece, last: at + KEY_DIGITS - 1 })));
  return () => {
    for (let place = 0; place < places.length; place++) {
      const { piece, last } = places[place]!;
      let at = last;
      while (at > last - VARIED_DIGITS && piece[at] === NINE) piece[at--] = ZERO;
      if (at > last - VARIED_DIGITS) piece[at] = (piece[at] as number) + 1;
    }
  };
}

function placesOf(digits: string, piece: Buffer): readonly number[] {
  const places: number[] = [];
  for (let at = piece.indexOf(digits); at >= 0; at = piece.indexOf(digits, at + KEY_DIGITS)) places.push(at);
  return places;
}
