import { ACTION_FIELD, type ExtensionDeclaration } from "../api/extension.ts";
import { WeirError } from "../lib/error.ts";
import type { Extension } from "./parser.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The extensions of one instance, by name. Filled by whoever composes, never by import order. */
export class ExtensionRegistry {
  private readonly extensions = new Map<string, Extension>();

  /** Throws WEIR_EXTENSION_INVALID for a bad name, one that is taken, or a field that is reserved. */
  add(extension: Extension): void {
    if (!NAME.test(extension.name)) {
      throw new WeirError(
        "WEIR_EXTENSION_INVALID",
        `extension name "${extension.name}": use 1 to 64 letters, digits, ".", "_" or "-", beginning with a letter or digit`,
      );
    }
    if (Object.hasOwn(extension.fields, ACTION_FIELD)) {
      throw new WeirError(
        "WEIR_EXTENSION_INVALID",
        `extension "${extension.name}": every rule has \`${ACTION_FIELD}\`, deny or allow; give the field another name`,
      );
    }
    if (this.extensions.has(extension.name)) {
      throw new WeirError(
        "WEIR_EXTENSION_INVALID",
        `there is an extension "${extension.name}" already: rename one of the two`,
      );
    }
    this.extensions.set(extension.name, extension);
  }

  get(name: string): Extension | undefined {
    return this.extensions.get(name);
  }

  /** What policies are checked against. */
  declarations(): ReadonlyMap<string, ExtensionDeclaration> {
    return this.extensions;
  }
}
