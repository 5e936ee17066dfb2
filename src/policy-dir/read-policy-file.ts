import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { reason } from "./list-files.ts";

/** What a file's text is taken to be as long as it stays the same. */
export type FileSignature = string;

/** No signature that a look at a file could give, so the file will be read again. */
export const CHANGING: FileSignature = "changing";

export type FileText =
  | { readonly kind: "text"; readonly text: string; readonly signature: FileSignature }
  | { readonly kind: "failed"; readonly message: string; readonly signature: FileSignature };

/** The signature now; of what cannot be looked at, why. Never throws. */
export async function signatureOf(file: string): Promise<FileSignature> {
  try {
    return signature(await stat(file, { bigint: true }));
  } catch (error) {
    return `failed: ${reason(error)}`;
  }
}

/**
 * Reads a file of at most `bytesMax` bytes. Its size is checked before it is read, and what is not a regular file is not
 * read at all: a pipe would never end. Never throws.
 */
export async function readPolicyFile(file: string, bytesMax: number): Promise<FileText> {
  let handle: FileHandle | undefined;
  try {
    // Without O_NONBLOCK, opening a pipe waits for its writer.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = await handle.stat({ bigint: true });
    const failed = (message: string): FileText => ({ kind: "failed", message, signature: signature(status) });
    if (status.isDirectory()) return failed("a directory stands where a policy file belongs; move it away");
    if (!status.isFile()) return failed("not a regular file");
    if (status.size > bytesMax) return failed(`the file has ${status.size} bytes, more than the limit of ${bytesMax}`);
    const bytes = await readUpTo(handle, Number(status.size));
    if (signature(await handle.stat({ bigint: true })) !== signature(status)) {
      return { kind: "failed", message: "the file changed while it was read", signature: CHANGING };
    }
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { kind: "text", text, signature: signature(status) };
  } catch (error) {
    const message =
      error instanceof TypeError ? "the file is not UTF-8 text" : `cannot read the file: ${reason(error)}`;
    return { kind: "failed", message, signature: await signatureOf(file) };
  } finally {
    await handle?.close();
  }
}

/** One byte more than `size` is asked for, so that a file that has grown is noticed by its signature, not cut. */
async function readUpTo(handle: FileHandle, size: number): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafe(size + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

interface Identifying {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

function signature(status: Identifying): FileSignature {
  return `${status.dev}:${status.ino}:${status.size}:${status.mtimeNs}:${status.ctimeNs}`;
}
