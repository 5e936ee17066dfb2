import type { Decision } from "../endpoint-policy.ts";
import type { RequestView } from "./request-view.ts";

/** Entries of one generation; two are kept. */
const GENERATION_ENTRIES_MAX = 4096;

/** Longest request that is remembered, in UTF-16 code units over all judged attributes. */
const KEY_LENGTH_MAX = 512;

/** More values than this in one attribute are not remembered. */
const VALUES_MAX = 16;

/** No string of this length gets into a key, so that these mark what is no string. */
const ABSENT = "\uffff";
const LIST = "\ufffe";

/**
 * Remembers decisions, so that a request seen lately costs no regular expression. When the younger generation is full it
 * becomes the older one, and what was not asked for since is forgotten.
 */
export class DecisionCache {
  #young = new Map<string, Decision>();
  #old = new Map<string, Decision>();

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): Decision | undefined {
    const decision = this.#young.get(key);
    if (decision !== undefined) return decision;
    const older = this.#old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: string, decision: Decision): void {
    if (this.#young.size >= GENERATION_ENTRIES_MAX) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, decision);
  }
}

/**
 * Tells requests apart: two with the same key have the same values. Every text follows its length, so that no value can
 * pass for the end of another. undefined: too long to be worth remembering.
 */
export function decisionKey(request: RequestView, attributes: readonly number[]): string | undefined {
  let key = "";
  for (let index = 0; index < attributes.length; index++) {
    const attribute = attributes[index]!;
    const list = request.lists[attribute];
    if (list !== undefined) {
      if (list.length > VALUES_MAX) return undefined;
      key += LIST + String.fromCharCode(list.length);
      for (let item = 0; item < list.length; item++) {
        const value = list[item]!;
        if (value.length > KEY_LENGTH_MAX) return undefined;
        key += String.fromCharCode(value.length) + value;
      }
    } else {
      const value = request.first[attribute];
      if (value === undefined) key += ABSENT;
      else if (value.length > KEY_LENGTH_MAX) return undefined;
      else key += String.fromCharCode(value.length) + value;
    }
  }
  return key.length > KEY_LENGTH_MAX ? undefined : key;
}
