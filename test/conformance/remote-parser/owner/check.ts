import type { CheckOptions, OwnerUnderTest } from "./owner-under-test.ts";

/** One thing that docs/internals/remote-parser-protocol.md asks of an owner. */
export interface OwnerCheck extends CheckOptions {
  readonly name: string;
  /** Throws where the owner does something else. Each check has an owner of its own. */
  run(owner: OwnerUnderTest): Promise<void>;
}
