import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";

/**
 * Which files Node loads from now on, for whoever wants to know whether they are the same as another time: modules of any
 * kind, imported or required, and what they import in turn. Not what an extension reads by itself.
 */
export class LoadedCode {
  /** URL of a file → hash of what was loaded. */
  private readonly files = new Map<string, string>();

  constructor() {
    registerHooks({
      load: (url, context, nextLoad) => {
        const loaded = nextLoad(url, context);
        if (url.startsWith("file:")) this.files.set(url, hashOf(loaded.source ?? fileAt(url)));
        return loaded;
      },
    });
  }

  /** Of all files until now: SHA-256 in hex. */
  hash(): string {
    return hashOf(JSON.stringify([...this.files].sort(([a], [b]) => (a < b ? -1 : 1))));
  }
}

/** Native code is not handed out as it is loaded. */
function fileAt(url: string): Uint8Array {
  return readFileSync(fileURLToPath(url));
}

function hashOf(content: string | ArrayBuffer | NodeJS.TypedArray): string {
  const bytes = content instanceof ArrayBuffer ? new Uint8Array(content) : content;
  return createHash("sha256").update(bytes).digest("hex");
}
