import { z } from "zod";
import { StateFile } from "../state-file.ts";

/** A text that came through the API, and the documents of it that still count: others were replaced or deleted. */
export interface StoredText {
  readonly source: string;
  readonly text: string;
  readonly policies: readonly string[];
}

export type PolicyStore = StateFile<StoredText>;

export function policyStore(path: string): PolicyStore {
  return new StateFile<StoredText>(path, {
    member: "texts",
    entry: z.strictObject({ source: z.string(), text: z.string(), policies: z.array(z.string()) }),
    what: "the policies imported through the API",
    instead: "move some to policy files",
  });
}
