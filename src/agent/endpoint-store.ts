import { readFile } from "node:fs/promises";
import { z } from "zod";
import { WeirError } from "../lib/error.ts";
import { draftFile, type FileDraft } from "./file-draft.ts";

/** All endpoints together; as many bytes are read back at the start. */
const BYTES_MAX = 64 * 1_048_576;

const texts = z.array(z.string());
const endpoint = z.strictObject({
  name: z.string(),
  addresses: texts,
  labels: texts,
  audit: z.boolean(),
  observe: z.record(z.string(), z.string()),
  observeEgress: z.record(z.string(), z.string()),
});
const fileSchema = z.strictObject({ version: z.literal(1), endpoints: z.array(endpoint) });

/** An endpoint that came through the API, as texts. */
export interface StoredEndpoint {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly labels: readonly string[];
  readonly audit: boolean;
  /** Port → extension, of each direction. */
  readonly observe: Readonly<Record<string, string>>;
  readonly observeEgress: Readonly<Record<string, string>>;
}

/** Keeps endpoints in a file that only its owner can read. */
export class EndpointStore {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Throws an Error with the reason where the file is there and cannot be understood. */
  async load(): Promise<readonly StoredEndpoint[]> {
    let text: string;
    try {
      text = await readFile(this.path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
    const parsed = fileSchema.safeParse(JSON.parse(text));
    if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
    return parsed.data.endpoints;
  }

  /** Throws WEIR_LIMIT_EXCEEDED, WEIR_API_FAILED. */
  async prepare(endpoints: readonly StoredEndpoint[]): Promise<FileDraft> {
    const content = `${JSON.stringify({ version: 1, endpoints })}\n`;
    if (Buffer.byteLength(content) > BYTES_MAX) {
      throw new WeirError(
        "WEIR_LIMIT_EXCEEDED",
        `the endpoints added through the API would need more than ${BYTES_MAX} bytes; list some in the configuration`,
      );
    }
    return draftFile(this.path, content);
  }
}
