import type { NumericIdentity } from "../api/identity.ts";
import { RESERVED_SOURCE } from "../labels/label.ts";
import { LabelSet } from "../labels/label-set.ts";
import type { Identity } from "./allocator.ts";

interface ReservedNumbers {
  /** No identity: never allocated, selected by nothing but "everybody". */
  readonly Unknown: NumericIdentity;
  /** The machine itself. */
  readonly Host: NumericIdentity;
  /** Whoever has no other identity. */
  readonly World: NumericIdentity;
  readonly Unmanaged: NumericIdentity;
  readonly Health: NumericIdentity;
  /** Endpoints whose labels are not known (yet). */
  readonly Init: NumericIdentity;
}

/** Numbers that mean the same on every node. */
export const ReservedIdentity: ReservedNumbers = {
  Unknown: 0 as NumericIdentity,
  Host: 1 as NumericIdentity,
  World: 2 as NumericIdentity,
  Unmanaged: 3 as NumericIdentity,
  Health: 4 as NumericIdentity,
  Init: 5 as NumericIdentity,
};

/** `reserved:host` … `reserved:init`, by number. */
export const RESERVED_IDENTITIES: readonly Identity[] = [
  reserved(ReservedIdentity.Host, "host"),
  reserved(ReservedIdentity.World, "world"),
  reserved(ReservedIdentity.Unmanaged, "unmanaged"),
  reserved(ReservedIdentity.Health, "health"),
  reserved(ReservedIdentity.Init, "init"),
];

function reserved(id: NumericIdentity, name: string): Identity {
  return { id, labels: new LabelSet([{ source: RESERVED_SOURCE, key: name, value: "" }]) };
}
