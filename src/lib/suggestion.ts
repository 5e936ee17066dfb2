import { distance } from "fastest-levenshtein";

/** Longer words are no typing errors of anything, and comparing them would cost time. */
const WORD_LENGTH_MAX = 64;

/** The candidate that `word` is most likely a misspelling of; undefined if none is near. Letter case does not count. */
export function suggestion(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length === 0 || word.length > WORD_LENGTH_MAX) return undefined;
  const wanted = word.toLowerCase();
  let best: string | undefined;
  // Two letters that changed places count as two errors, so short words may have two as well.
  let bestDistance = (word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3))) + 1;
  for (const candidate of candidates) {
    if (candidate.length > WORD_LENGTH_MAX) continue;
    const edits = distance(wanted, candidate.toLowerCase());
    // What has no letter in common is not meant.
    if (edits < bestDistance && edits < Math.max(word.length, candidate.length)) {
      best = candidate;
      bestDistance = edits;
    }
  }
  return best;
}

/** The suggestion as a hint for an error message. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const found = suggestion(word, candidates);
  return found === undefined ? undefined : `did you mean \`${found}\`?`;
}
