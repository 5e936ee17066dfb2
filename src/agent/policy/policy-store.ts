import { readFile } from "node:fs/promises";
import { z } from "zod";
import { WeirError } from "../../lib/error.ts";
import { draftFile, type FileDraft } from "../file-draft.ts";

/** A text that came through the API, and the documents of it that still count: others were replaced or deleted. */
export interface StoredText {
  readonly source: string;
  readonly text: string;
  readonly policies: readonly string[];
}

/** All texts together; as many bytes are read back at the start. */
const BYTES_MAX = 64 * 1_048_576;

const fileSchema = z.strictObject({
  version: z.literal(1),
  texts: z.array(z.strictObject({ source: z.string(), text: z.string(), policies: z.array(z.string()) })),
});

/** Keeps texts in a file that only its owner can read. */
export class PolicyStore {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Throws an Error with the reason where the file is there and cannot be understood. */
  async load(): Promise<readonly StoredText[]> {
    let text: string;
    try {
      text = await readFile(this.path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
    const parsed = fileSchema.safeParse(JSON.parse(text));
    if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
    return parsed.data.texts;
  }

  /** Throws WEIR_LIMIT_EXCEEDED, WEIR_API_FAILED. */
  async prepare(texts: readonly StoredText[]): Promise<FileDraft> {
    const content = `${JSON.stringify({ version: 1, texts })}\n`;
    if (Buffer.byteLength(content) > BYTES_MAX) {
      throw new WeirError(
        "WEIR_LIMIT_EXCEEDED",
        `the policies imported through the API would need more than ${BYTES_MAX} bytes; move some to policy files`,
      );
    }
    return draftFile(this.path, content);
  }
}
