import type { Request } from "../../api/request.ts";

/** The judged attributes of one request, by number. One view is filled again for every request. */
export class RequestView {
  /** Attribute → its first value; undefined: absent or an empty list. */
  readonly first: (string | undefined)[];
  /** Attribute → all values, where there are several. */
  readonly lists: (readonly string[] | undefined)[];
  /** Whether any attribute has several values. */
  several = false;
  readonly #names: readonly string[];
  /** Numbers of the attributes that some rule judges. */
  readonly #judged: readonly number[];

  constructor(names: readonly string[], judged: readonly number[]) {
    this.#names = names;
    this.#judged = judged;
    this.first = names.map(() => undefined);
    this.lists = names.map(() => undefined);
  }

  fill(request: Request): void {
    // Should the last decision have thrown, nothing of its request may be judged now.
    this.clear();
    for (let index = 0; index < this.#judged.length; index++) {
      const attribute = this.#judged[index]!;
      const value = request[this.#names[attribute]!];
      if (typeof value === "string") this.first[attribute] = value;
      else this.#fillList(attribute, value);
    }
  }

  /** Forgets the lists: they belong to the request, which its owner may use again. */
  clear(): void {
    if (!this.several) return;
    this.several = false;
    this.lists.fill(undefined);
  }

  #fillList(attribute: number, value: readonly string[] | undefined): void {
    // Not only `undefined`: an attribute called "constructor" finds a function on every object that lacks it.
    if (!Array.isArray(value)) {
      this.first[attribute] = undefined;
      return;
    }
    this.first[attribute] = value[0];
    if (value.length > 1) {
      this.lists[attribute] = value;
      this.several = true;
    }
  }
}
