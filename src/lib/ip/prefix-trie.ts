import type { IpAddress } from "./address.ts";
import { commonLength, IpPrefix } from "./prefix.ts";

interface Node<T> {
  readonly prefix: IpPrefix;
  /** undefined: this node only branches. */
  value: T | undefined;
  readonly children: [Node<T> | undefined, Node<T> | undefined];
}

/**
 * Values by prefix, found by the longest one that contains an address. Two path-compressed binary tries (IPv4, IPv6): at
 * most two nodes for each prefix, and a look-up visits no more nodes than there are prefixes on the way to the address.
 */
export class PrefixTrie<T extends NonNullable<unknown>> {
  private v4: Node<T> | undefined;
  private v6: Node<T> | undefined;
  private count = 0;

  /** Number of prefixes. */
  get size(): number {
    return this.count;
  }

  /** Puts a value, in place of the one that the prefix has. */
  insert(prefix: IpPrefix, value: T): void {
    this.setRoot(prefix, this.insertAt(this.root(prefix.address), prefix, value));
  }

  /** Returns the value that the prefix had. */
  remove(prefix: IpPrefix): T | undefined {
    const value = this.exact(prefix);
    if (value !== undefined) {
      this.setRoot(prefix, removeAt(this.root(prefix.address), prefix));
      this.count--;
    }
    return value;
  }

  /** The value of this very prefix. */
  exact(prefix: IpPrefix): T | undefined {
    let node = this.root(prefix.address);
    while (node && node.prefix.length < prefix.length) node = node.children[bitAt(prefix.address, node.prefix.length)];
    return node?.prefix.length === prefix.length && node.prefix.contains(prefix.address) ? node.value : undefined;
  }

  /** The value of the longest prefix that contains the address. */
  longestMatch(address: IpAddress): T | undefined {
    let best: T | undefined;
    let node = this.root(address);
    while (node?.prefix.contains(address)) {
      if (node.value !== undefined) best = node.value;
      node = node.children[bitAt(address, node.prefix.length)];
    }
    return best;
  }

  /** IPv4 first, by address, a prefix before those that it contains. */
  *entries(): IterableIterator<readonly [IpPrefix, T]> {
    yield* entriesOf(this.v4);
    yield* entriesOf(this.v6);
  }

  private root(address: IpAddress): Node<T> | undefined {
    return address.family === 4 ? this.v4 : this.v6;
  }

  private setRoot(prefix: IpPrefix, node: Node<T> | undefined): void {
    if (prefix.address.family === 4) this.v4 = node;
    else this.v6 = node;
  }

  private insertAt(node: Node<T> | undefined, prefix: IpPrefix, value: T): Node<T> {
    if (!node) {
      this.count++;
      return { prefix, value, children: [undefined, undefined] };
    }
    const shared = commonLength(node.prefix.address.bytes, prefix.address.bytes);
    const common = Math.min(shared, node.prefix.length, prefix.length);
    if (common < node.prefix.length) {
      const branch: Node<T> = {
        prefix: new IpPrefix(prefix.address, common),
        value: undefined,
        children: [undefined, undefined],
      };
      branch.children[bitAt(node.prefix.address, common)] = node;
      return this.insertAt(branch, prefix, value);
    }
    if (common === prefix.length) {
      if (node.value === undefined) this.count++;
      node.value = value;
    } else {
      const bit = bitAt(prefix.address, common);
      node.children[bit] = this.insertAt(node.children[bit], prefix, value);
    }
    return node;
  }
}

/** The prefix is there. Nodes that neither hold a value nor branch go with it. */
function removeAt<T>(node: Node<T> | undefined, prefix: IpPrefix): Node<T> | undefined {
  if (!node) return undefined;
  if (node.prefix.length === prefix.length) {
    node.value = undefined;
  } else {
    const bit = bitAt(prefix.address, node.prefix.length);
    node.children[bit] = removeAt(node.children[bit], prefix);
  }
  const [zero, one] = node.children;
  return node.value !== undefined || (zero && one) ? node : (zero ?? one);
}

function* entriesOf<T>(node: Node<T> | undefined): IterableIterator<readonly [IpPrefix, T]> {
  if (!node) return;
  if (node.value !== undefined) yield [node.prefix, node.value];
  yield* entriesOf(node.children[0]);
  yield* entriesOf(node.children[1]);
}

/** Bit `index` from the left; 0 behind the end, where nothing hangs. */
function bitAt(address: IpAddress, index: number): 0 | 1 {
  return (((address.bytes[index >> 3] ?? 0) >> (7 - (index & 7))) & 1) as 0 | 1;
}
