import type { ExtensionDeclaration } from "../api/extension.ts";
import type { LocatedModule } from "./extension-loader.ts";

/**
 * What a process that runs extensions is told first, through `BOOTSTRAP_FD`, and what it answers: one JSON document each way
 * (see json-message.ts). After a good answer in mode `serve` the stream carries the remote-parser protocol.
 */
export interface ExtensionHostBootstrap {
  /** `declare`: it answers and ends. */
  readonly mode: "declare" | "serve";
  readonly modules: readonly LocatedModule[];
}

/** Comes from a process that runs foreign code: whoever reads it must check it. */
export type ExtensionHostAnswer =
  | {
      readonly extensions: readonly ExtensionDeclaration[];
      /** See `LoadedCode.hash`. */
      readonly code: string;
    }
  /** What is wrong with each that cannot be loaded. */
  | { readonly failures: readonly string[] };

/** Longest document either way. */
export const BOOTSTRAP_BYTES_MAX = 1_048_576;
