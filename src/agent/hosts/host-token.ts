import { createHash, timingSafeEqual } from "node:crypto";

const TOKEN_BYTES = 32;
/** 32 bytes in base64url. Longer texts are no tokens, and are not hashed. */
const TOKEN_CHARACTERS = 43;

/** A new token, and what the agent keeps of it. */
export function createToken(randomBytes: (size: number) => Buffer): { readonly token: string; readonly hash: string } {
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  return { token, hash: hashToken(token).toString("hex") };
}

/**
 * Whose token this is. Takes the same time whoever it is, and whether or not there is one.
 *
 * @param holders Their `tokenHash` is SHA-256 in hex.
 */
export function findHolder<Holder extends { readonly tokenHash: string }>(
  token: string,
  holders: Iterable<Holder>,
): Holder | undefined {
  if (token.length !== TOKEN_CHARACTERS) return undefined;
  const hash = hashToken(token);
  let found: Holder | undefined;
  for (const holder of holders) {
    if (timingSafeEqual(hash, Buffer.from(holder.tokenHash, "hex"))) found = holder;
  }
  return found;
}

function hashToken(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
