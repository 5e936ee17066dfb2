import { CONDITIONS_MAX, PREFIX_LENGTH_MIN } from "./limits.ts";

/** Where one part of a key ends and the next begins. */
const SEGMENT = /[^/:.\-_|]*[/:.\-_|]|[^/:.\-_|]+$/g;

/** A value, or all values with this prefix. */
export interface Atom {
  readonly text: string;
  readonly prefix: boolean;
}

/**
 * The values as few conditions:
 *
 * 1. Where more than `listMax` conditions would stand below a prefix that ends at a delimiter, the prefix stands for them.
 *    Prefixes shorter than PREFIX_LENGTH_MIN are not taken.
 * 2. Where that makes more than CONDITIONS_MAX, every namespace gets one prefix; then short prefixes are taken as well;
 *    then the beginning that all values share, wherever it ends.
 *
 * undefined: they have nothing in common.
 */
export function foldValues(values: readonly Atom[], listMax: number): readonly Atom[] | undefined {
  const root = treeOf(values);
  const enough = Math.max(CONDITIONS_MAX, listMax);
  for (const [max, lengthMin] of [
    [listMax, PREFIX_LENGTH_MIN],
    [1, PREFIX_LENGTH_MIN],
    [1, 1],
  ] as const) {
    const atoms = foldNode(root, max, lengthMin);
    if (atoms.length <= enough) return atoms;
  }
  const shared = sharedPrefix(values.map(({ text }) => text));
  return shared.length < PREFIX_LENGTH_MIN ? undefined : [{ text: shared, prefix: true }];
}

/** The longest prefix of all these that ends at a delimiter; empty: there is none. */
export function sharedNamespace(atoms: readonly Atom[]): string {
  const shared = sharedPrefix(atoms.map(({ text }) => text));
  let end = 0;
  for (const [segment] of shared.matchAll(SEGMENT)) {
    if (!endsAtDelimiter(segment)) break;
    end += segment.length;
  }
  return shared.slice(0, end);
}

export function endsAtDelimiter(text: string): boolean {
  return /[/:.\-_|]$/.test(text);
}

export function sharedPrefix(texts: readonly string[]): string {
  const [first = "", ...others] = texts;
  let length = first.length;
  for (const text of others) {
    let same = 0;
    while (same < length && text.charCodeAt(same) === first.charCodeAt(same)) same++;
    length = same;
  }
  // Half of a surrogate pair is no text that a person could have meant.
  const last = first.charCodeAt(length - 1);
  return first.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

/** All values that begin with `prefix`. */
interface Node {
  readonly prefix: string;
  /** The prefix is a value itself. */
  value: boolean;
  /** Everything that begins with it was seen, or folded earlier. */
  whole: boolean;
  readonly children: Map<string, Node>;
}

function newNode(prefix: string): Node {
  return { prefix, value: false, whole: false, children: new Map() };
}

function treeOf(values: readonly Atom[]): Node {
  const root = newNode("");
  for (const { text, prefix } of values) {
    let node = root;
    for (const [segment] of text.matchAll(SEGMENT)) {
      let child = node.children.get(segment);
      if (child === undefined) {
        child = newNode(node.prefix + segment);
        node.children.set(segment, child);
      }
      node = child;
    }
    if (prefix) node.whole = true;
    else node.value = true;
  }
  return root;
}

/** As deep as a value has delimiters, which its length bounds. */
function foldNode(node: Node, listMax: number, lengthMin: number): Atom[] {
  const { prefix } = node;
  if (node.whole) return [{ text: prefix, prefix: true }];
  const atoms: Atom[] = node.value ? [{ text: prefix, prefix: false }] : [];
  for (const child of node.children.values()) {
    for (const atom of foldNode(child, listMax, lengthMin)) atoms.push(atom);
  }
  const folds = atoms.length > listMax && prefix.length >= lengthMin;
  return folds ? [{ text: prefix, prefix: true }] : atoms;
}
