import { createHash } from "node:crypto";

/** Name of a `weir.v1.PolicyRules`: it follows from the bytes, so whoever has the name has the content. */
export function rulesName(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64url");
}
