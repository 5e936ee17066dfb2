/** Texts shorter than this are found in many subjects, several of them in one. */
const RARE_LENGTH_MIN = 3;

/**
 * Which of a fixed set of texts a subject contains: an Aho–Corasick automaton over UTF-16 code units in flat arrays. A
 * lookup costs the length of the subject plus the number of different texts found, and allocates nothing.
 */
export class SubstringIndex {
  /** Filled by `collect`: places in the list of texts given to the constructor, each once. */
  readonly hits: Int32Array;
  /** About how many texts one subject contains at worst, where nobody chose it for that. */
  readonly likelyHits: number;
  /** State → its children, which lie side by side, ordered by `#unit`. State 0 is the root. */
  readonly #childStart: Int32Array;
  readonly #childEnd: Int32Array;
  /** State → the code unit that leads to it from its parent. */
  readonly #unit: Uint16Array;
  /** State → the state of its longest proper suffix. */
  readonly #suffix: Int32Array;
  /** State → the text that ends there, or −1. */
  readonly #text: Int32Array;
  /** State → the nearest state along the suffixes where a text ends (0: none), beginning after the state itself. */
  readonly #next: Int32Array;
  /** Most subjects are at the root most of the time: its children by code unit. */
  readonly #fromRoot = new Int32Array(256);
  /** Text → the lookup that found it last. */
  readonly #foundIn: Uint32Array;
  #lookup = 0;

  /** @param texts All different, none empty. */
  constructor(texts: readonly string[]) {
    const order = texts.map((_, index) => index).sort((a, b) => (texts[a]! < texts[b]! ? -1 : 1));
    const states = trieStates(order.map((index) => texts[index]!));
    this.hits = new Int32Array(texts.length);
    this.likelyHits = 1 + texts.filter((text) => text.length < RARE_LENGTH_MIN).length;
    this.#foundIn = new Uint32Array(texts.length);
    this.#childStart = Int32Array.from(states, (state) => state.childStart);
    this.#childEnd = Int32Array.from(states, (state) => state.childEnd);
    this.#unit = Uint16Array.from(states, (state) => state.unit);
    this.#text = Int32Array.from(states, (state) => (state.text < 0 ? -1 : order[state.text]!));
    this.#suffix = new Int32Array(states.length);
    this.#next = new Int32Array(states.length);
    for (let child = this.#childStart[0]!; child < this.#childEnd[0]!; child++) {
      if (this.#unit[child]! < this.#fromRoot.length) this.#fromRoot[this.#unit[child]!] = child;
    }
    this.#linkSuffixes(states);
  }

  /** The number of different texts in `subject`; they are in `hits` until the next call. */
  collect(subject: string): number {
    if (++this.#lookup > 0xffff_ffff) {
      this.#foundIn.fill(0);
      this.#lookup = 1;
    }
    const lookup = this.#lookup;
    let count = 0;
    let state = 0;
    for (let at = 0; at < subject.length; at++) {
      state = this.#advance(state, subject.charCodeAt(at));
      let ended = this.#text[state]! >= 0 ? state : this.#next[state]!;
      while (ended > 0) {
        const text = this.#text[ended]!;
        // What comes after along the suffixes was found together with this one.
        if (this.#foundIn[text] === lookup) break;
        this.#foundIn[text] = lookup;
        this.hits[count++] = text;
        ended = this.#next[ended]!;
      }
    }
    return count;
  }

  #advance(from: number, unit: number): number {
    let state = from;
    for (;;) {
      const child = this.#child(state, unit);
      if (child > 0 || state === 0) return child;
      state = this.#suffix[state]!;
    }
  }

  /** The child by this code unit, or 0. */
  #child(state: number, unit: number): number {
    if (state === 0 && unit < this.#fromRoot.length) return this.#fromRoot[unit]!;
    let low = this.#childStart[state]!;
    let high = this.#childEnd[state]!;
    if (low === high) return 0;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#unit[middle]! <= unit) low = middle;
      else high = middle;
    }
    return this.#unit[low] === unit ? low : 0;
  }

  /** Parents come before their children, and shorter texts before longer ones. */
  #linkSuffixes(states: readonly TrieState[]): void {
    states.forEach((parent, index) => {
      for (let child = parent.childStart; child < parent.childEnd; child++) {
        const suffix = index === 0 ? 0 : this.#advance(this.#suffix[index]!, this.#unit[child]!);
        this.#suffix[child] = suffix;
        this.#next[child] = this.#text[suffix]! >= 0 ? suffix : this.#next[suffix]!;
      }
    });
  }
}

interface TrieState {
  /** The sorted texts below this state: the first one; `high` is one past the last. */
  readonly low: number;
  readonly high: number;
  readonly depth: number;
  readonly unit: number;
  childStart: number;
  childEnd: number;
  /** The place of the text that ends here, or −1. */
  text: number;
}

/** Breadth first, so that the children of one state lie side by side. */
function trieStates(sorted: readonly string[]): readonly TrieState[] {
  const state = (low: number, high: number, depth: number, unit: number): TrieState => {
    return { low, high, depth, unit, childStart: 0, childEnd: 0, text: -1 };
  };
  const states = [state(0, sorted.length, 0, 0)];
  for (let index = 0; index < states.length; index++) {
    const parent = states[index]!;
    let low = parent.low;
    if (low < parent.high && sorted[low]!.length === parent.depth) parent.text = low++;
    parent.childStart = states.length;
    while (low < parent.high) {
      const unit = sorted[low]!.charCodeAt(parent.depth);
      let high = low + 1;
      while (high < parent.high && sorted[high]!.charCodeAt(parent.depth) === unit) high++;
      states.push(state(low, high, parent.depth + 1, unit));
      low = high;
    }
    parent.childEnd = states.length;
  }
  return states;
}
