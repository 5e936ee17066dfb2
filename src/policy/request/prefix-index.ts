/**
 * Which of a fixed set of texts a subject begins with: a radix tree over UTF-16 code units in flat arrays. A lookup costs
 * the length of the subject, however many texts there are, and allocates nothing.
 */
export class PrefixIndex {
  /** Filled by `collect`: places in the list of texts given to the constructor, shortest text first. */
  readonly hits: Int32Array;
  /** Node → where its label lies in `#units`. Node 0 is the root, with an empty label. */
  readonly #labelStart: Int32Array;
  readonly #labelEnd: Int32Array;
  /** Node → its children, which lie side by side, ordered by the first code unit of their labels. */
  readonly #childStart: Int32Array;
  readonly #childEnd: Int32Array;
  /** Node → the text that ends there, or −1. */
  readonly #text: Int32Array;
  readonly #units: Uint16Array;

  /** @param texts All different, none empty. */
  constructor(texts: readonly string[]) {
    const order = texts.map((_, index) => index).sort((a, b) => compare(texts[a]!, texts[b]!));
    const sorted = order.map((index) => texts[index]!);
    const nodes = radixNodes(sorted);
    const units: number[] = [];
    this.#labelStart = new Int32Array(nodes.length);
    this.#labelEnd = new Int32Array(nodes.length);
    this.#childStart = Int32Array.from(nodes, (node) => node.childStart);
    this.#childEnd = Int32Array.from(nodes, (node) => node.childEnd);
    this.#text = Int32Array.from(nodes, (node) => (node.text < 0 ? -1 : order[node.text]!));
    nodes.forEach((node, index) => {
      this.#labelStart[index] = units.length;
      const text = sorted[node.low]!;
      for (let at = node.labelStart; at < node.labelEnd; at++) units.push(text.charCodeAt(at));
      this.#labelEnd[index] = units.length;
    });
    this.#units = Uint16Array.from(units);
    this.hits = new Int32Array(depths(nodes).reduce((a, b) => Math.max(a, b), 0));
  }

  /** The number of texts that `subject` begins with; they are in `hits` until the next call. */
  collect(subject: string): number {
    const units = this.#units;
    const length = subject.length;
    let count = 0;
    let node = 0;
    let depth = 0;
    for (;;) {
      const text = this.#text[node]!;
      if (text >= 0) this.hits[count++] = text;
      let low = this.#childStart[node]!;
      let high = this.#childEnd[node]!;
      if (low === high || depth === length) return count;
      const unit = subject.charCodeAt(depth);
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (units[this.#labelStart[middle]!]! <= unit) low = middle;
        else high = middle;
      }
      const end = this.#labelEnd[low]!;
      let at = this.#labelStart[low]!;
      if (end - at > length - depth) return count;
      while (at < end) if (units[at++] !== subject.charCodeAt(depth++)) return count;
      node = low;
    }
  }
}

interface RadixNode {
  /** The sorted texts below this node: the first one; `high` is one past the last. */
  readonly low: number;
  readonly high: number;
  /** The part of those texts that leads from the parent to this node. */
  readonly labelStart: number;
  readonly labelEnd: number;
  childStart: number;
  childEnd: number;
  /** The place of the text that ends here, or −1. */
  text: number;
}

/** Breadth first, so that the children of one node lie side by side. */
function radixNodes(sorted: readonly string[]): readonly RadixNode[] {
  const node = (low: number, high: number, labelStart: number, labelEnd: number): RadixNode => {
    return { low, high, labelStart, labelEnd, childStart: 0, childEnd: 0, text: -1 };
  };
  const nodes = [node(0, sorted.length, 0, 0)];
  for (let index = 0; index < nodes.length; index++) {
    const parent = nodes[index]!;
    const depth = parent.labelEnd;
    let low = parent.low;
    if (low < parent.high && sorted[low]!.length === depth) parent.text = low++;
    parent.childStart = nodes.length;
    while (low < parent.high) {
      const unit = sorted[low]!.charCodeAt(depth);
      let high = low + 1;
      while (high < parent.high && sorted[high]!.charCodeAt(depth) === unit) high++;
      nodes.push(node(low, high, depth, commonLength(sorted[low]!, sorted[high - 1]!)));
      low = high;
    }
    parent.childEnd = nodes.length;
  }
  return nodes;
}

/** Node → how many texts end on the way to it. */
function depths(nodes: readonly RadixNode[]): readonly number[] {
  const counts = new Array<number>(nodes.length).fill(0);
  nodes.forEach((node, index) => {
    counts[index]! += node.text >= 0 ? 1 : 0;
    for (let child = node.childStart; child < node.childEnd; child++) counts[child] = counts[index]!;
  });
  return counts;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}
