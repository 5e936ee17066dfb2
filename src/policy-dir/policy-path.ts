import { basename, dirname, resolve } from "node:path";
import { WeirError } from "../lib/error.ts";

/** A configured path of policy files. */
export interface PolicyPath {
  /** As configured, for messages. */
  readonly text: string;
  /** Absolute. */
  readonly directory: string;
  /** `name`: one file, which must be there. `pattern`: whichever files match now. */
  readonly match:
    | { readonly kind: "name"; readonly name: string }
    | { readonly kind: "pattern"; readonly regex: RegExp };
}

/**
 * Reads a path such as `./policies/*.yaml`: `*` and `?` stand for characters of the file's name, except a leading dot
 * (editors' swap files begin with one). Directories are named exactly, so that it is known when one is missing.
 * Throws WEIR_CONFIG_INVALID.
 */
export function parsePolicyPath(text: string, baseDirectory: string): PolicyPath {
  const name = basename(text);
  const directory = dirname(text);
  if (text === "" || text.includes("\0") || text.endsWith("/") || name === "." || name === "..") {
    const advice = "name a file or a pattern such as `./policies/*.yaml`";
    throw new WeirError("WEIR_CONFIG_INVALID", `policies: ${JSON.stringify(text)} is no file; ${advice}`);
  }
  if (/[*?]/.test(directory)) {
    const advice = "give each directory a line of its own; `*` and `?` are for the name of the file";
    throw new WeirError(
      "WEIR_CONFIG_INVALID",
      `policies: ${JSON.stringify(text)} has a pattern in a directory; ${advice}`,
    );
  }
  const absolute = resolve(baseDirectory, directory);
  if (!/[*?]/.test(name)) return { text, directory: absolute, match: { kind: "name", name } };
  const source = name
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*+/g, ".*")
    .replaceAll("?", ".");
  const hidden = name.startsWith(".") ? "" : "(?!\\.)";
  return { text, directory: absolute, match: { kind: "pattern", regex: new RegExp(`^${hidden}${source}$`, "su") } };
}
