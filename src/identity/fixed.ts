import type { NumericIdentity } from "../api/identity.ts";
import { RESERVED_SOURCE } from "../labels/label.ts";
import { LabelSet } from "../labels/label-set.ts";
import type { Identity } from "./allocator.ts";
import { RESERVED_IDENTITIES } from "./reserved.ts";

/** The numbers that users may give names to. */
export const FIXED_FIRST = 128;
export const FIXED_LAST = 255;

/** It becomes the key of a label. */
const NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** Names behind `reserved:` that mean something already, in policies at least. */
const TAKEN: ReadonlySet<string> = new Set([
  ...RESERVED_IDENTITIES.flatMap(({ labels }) => labels.labels.map(({ key }) => key)),
  ...["all", "cluster", "none", "unknown", "remote-node", "kube-apiserver", "ingress"],
]);

/** What is wrong with the name of a fixed identity, if anything. */
export function fixedNameProblem(name: string): string | undefined {
  if (!NAME.test(name)) return "a name has 1 to 63 letters, digits, `.`, `_` and `-`";
  if (TAKEN.has(name)) return `\`reserved:${name}\` means something else already`;
  return undefined;
}

/** The identity of the workloads that a user gave this number: `reserved:<name>`. */
export function fixedIdentity(id: number, name: string): Identity {
  return {
    id: id as NumericIdentity,
    labels: new LabelSet([{ source: RESERVED_SOURCE, key: name, value: "" }]),
  };
}
