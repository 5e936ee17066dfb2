/** Above, what is known is forgotten: names come from extensions, who may make up new ones for ever. */
const WEIGHT_MAX = 262_144;
const NODE_WEIGHT = 64;

/** The names of a record's fields, in their order. Found name by name, without making a list of them. */
export class FieldNames {
  readonly name: string;
  readonly depth: number;
  /** The batch that has this list, and its number there. */
  batch = -1;
  number = 0;
  private readonly parent: FieldNames | undefined;
  private lastName: string | undefined;
  private lastNode: FieldNames | undefined;
  private readonly others = new Map<string, FieldNames>();
  private readonly tree: FieldNameTree;

  constructor(tree: FieldNameTree, parent: FieldNames | undefined, name: string) {
    this.tree = tree;
    this.parent = parent;
    this.name = name;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
  }

  /** The names up to here, and this one. */
  with(name: string): FieldNames {
    // Most records of a protocol have the same names: a comparison of two references.
    if (name === this.lastName) return this.lastNode as FieldNames;
    let node = this.others.get(name);
    if (node === undefined) {
      node = new FieldNames(this.tree, this, name);
      this.others.set(name, node);
      this.tree.weight += NODE_WEIGHT + name.length;
    }
    this.lastName = name;
    this.lastNode = node;
    return node;
  }

  list(): readonly string[] {
    const names: string[] = [];
    for (let node: FieldNames = this; node.parent !== undefined; node = node.parent) names.unshift(node.name);
    return names;
  }
}

/** All lists of names that were seen lately. */
export class FieldNameTree {
  /** What is known, in bytes, roughly. */
  weight = 0;
  /** No names. */
  root: FieldNames = new FieldNames(this, undefined, "");

  /** Forgets all where that is too much. */
  trim(): void {
    if (this.weight <= WEIGHT_MAX) return;
    this.weight = 0;
    this.root = new FieldNames(this, undefined, "");
  }
}
