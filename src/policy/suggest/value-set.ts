import { type Atom, foldValues } from "./fold.ts";
import { CONDITIONS_MAX } from "./limits.ts";

/** An atom, and which others were asked for in the same request. */
interface Member extends Atom {
  /** Leads to the one that stands for all that belong together; undefined: this is the one. */
  up: Member | undefined;
}

/** The distinct values of one attribute in one kind of requests. Bounded: beyond, values are folded to prefixes. */
export class ValueSet {
  /** By text. */
  private values = new Map<string, Member>();
  private prefixes: Member[] = [];
  private readonly valuesMax: number;
  private readonly listMax: number;
  /** They had nothing in common any more: none is kept. */
  everything = false;

  /** @param listMax As of `foldValues`. */
  constructor(valuesMax: number, listMax: number) {
    this.valuesMax = valuesMax;
    this.listMax = listMax;
  }

  /** Values and prefixes that are kept. */
  get size(): number {
    return this.values.size + this.prefixes.length;
  }

  /** As many groups as may have a condition each: what was asked to be listed is listed. */
  get conditionsMax(): number {
    return Math.max(CONDITIONS_MAX, this.listMax);
  }

  /** Takes the values of one request. */
  add(values: readonly string[]): void {
    if (this.everything) return;
    let first: Member | undefined;
    for (const text of values) {
      const member = this.memberOf(text);
      if (first === undefined) first = member;
      else unite(first, member);
    }
    if (this.size > this.valuesMax) this.fold();
  }

  /** Takes what another set has, so that this one allows all that either would. */
  absorb(other: ValueSet): void {
    if (other.everything) this.giveUp();
    for (const group of other.groups()) {
      if (this.everything) return;
      let first: Member | undefined;
      for (const atom of group) {
        const member = atom.prefix ? this.addPrefix(atom.text) : this.memberOf(atom.text);
        if (first === undefined) first = member;
        else unite(first, member);
      }
    }
    if (this.size > this.valuesMax) this.fold();
  }

  /** Folds what is there. */
  fold(): void {
    const members = [...this.values.values(), ...this.prefixes];
    const open = members.filter((member) => member.prefix || this.covering(member.text) === undefined);
    const atoms = foldValues(open, this.listMax);
    if (atoms === undefined) {
      this.giveUp();
      return;
    }
    this.values = new Map();
    this.prefixes = [];
    for (const { text, prefix } of atoms) {
      const member: Member = { text, prefix, up: undefined };
      if (prefix) this.prefixes.push(member);
      else this.values.set(text, member);
    }
    // Who belonged together before does so afterwards: the old ones hang below the new ones.
    for (const member of members) {
      const root = rootOf(member);
      const heir = this.covering(member.text) ?? this.values.get(member.text);
      if (heir !== undefined) unite(heir, root);
    }
  }

  /** Folded, and split into what was asked for together: one rule must allow all of a group. Sorted. */
  groups(): readonly (readonly Atom[])[] {
    const byRoot = new Map<Member, Atom[]>();
    for (const member of [...this.values.values(), ...this.prefixes]) {
      const root = rootOf(member);
      const group = byRoot.get(root) ?? [];
      byRoot.set(root, group);
      group.push({ text: member.text, prefix: member.prefix });
    }
    for (const group of byRoot.values()) group.sort(byText);
    return [...byRoot.values()].sort((a, b) => byText(a[0] as Atom, b[0] as Atom));
  }

  private memberOf(text: string): Member {
    const known = this.values.get(text) ?? this.covering(text);
    if (known !== undefined) return known;
    const member: Member = { text, prefix: false, up: undefined };
    this.values.set(text, member);
    return member;
  }

  private addPrefix(text: string): Member {
    const known = this.prefixes.find((member) => member.text === text);
    if (known !== undefined) return known;
    const member: Member = { text, prefix: true, up: undefined };
    this.prefixes.push(member);
    return member;
  }

  private covering(text: string): Member | undefined {
    return this.prefixes.find((member) => text.startsWith(member.text));
  }

  private giveUp(): void {
    this.everything = true;
    this.values.clear();
    this.prefixes = [];
  }
}

export function byText(a: { readonly text: string }, b: { readonly text: string }): number {
  return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
}

function rootOf(member: Member): Member {
  let root = member;
  while (root.up !== undefined) root = root.up;
  for (let at = member; at.up !== undefined; ) {
    const next: Member = at.up;
    at.up = root;
    at = next;
  }
  return root;
}

function unite(a: Member, b: Member): void {
  const first = rootOf(a);
  const second = rootOf(b);
  if (first !== second) second.up = first;
}
