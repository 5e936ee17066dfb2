import type { ExtensionDeclaration } from "../api/extension.ts";

/** What policy needs to know of extensions: a map of declarations, or a registry of extensions. */
export interface ExtensionSource {
  get(name: string): ExtensionDeclaration | undefined;
}
